"""Plants a defect for each check and looks whether it is found: a check that finds nothing shows nothing."""

import os
import pathlib
import shutil
import stat
import tempfile
import time

from .subject import Subject

CHART = "deploy/chart/tradewind/"
TEMPLATES = CHART + "templates/"
# Check, what is planted where (file, text, text in its place), words of what is to be found.
DEFECTS = [
    ("lint", CHART + "Chart.yaml", "version: 0.1.0\n# The release", "version: one\n# The release", "one"),
    ("render", TEMPLATES + "scaling.yaml", "  namespace: {{ $namespace }}", "", "stands in no namespace"),
    ("render", TEMPLATES + "discovery.yaml", "name: {{ $name }}-peers", "name: {{ $name }}", "stands there twice"),
    ("refusals", CHART + "values.schema.json", '"additionalProperties": false', '"additionalProperties": true', "taken"),
    ("refusals", TEMPLATES + "_names.tpl", "a service is in one context", "no", "refused without"),
    *[
        (f"kubernetes-{version}", TEMPLATES + "services.yaml", "revisionHistoryLimit: 5", "revisonHistoryLimit: 5", "revisonHistoryLimit")
        for version in ("1.31", "1.34", "1.37")
    ],
    ("kubernetes-1.34", TEMPLATES + "scaling.yaml", "minReplicas: {{ $of.autoscaling.min }}", "minReplicas: many", "minReplicas"),
    ("routes", CHART + "files/routes/stock.yaml", "type: PathPrefix", "type: Prefix", "Prefix"),
    ("routes", CHART + "files/routes/storage.yaml", "maxBodyBytes: 4194304", "maxBodyByte: 4194304", "maxBodyByte"),
    ("routes", CHART + "files/routes/orders.yaml", "port: 8050", "port: 8150", "no public door"),
    ("operators", TEMPLATES + "secrets.yaml", "secretStoreRef:", "storeRef:", "storeRef"),
    ("operators", TEMPLATES + "monitoring.yaml", "serverName:", "serverNames:", "serverNames"),
    ("operators", TEMPLATES + "scaling.yaml", "controlledValues: RequestsOnly", "controlledValues: Requests", "Requests"),
    ("operators", TEMPLATES + "identity.yaml", "/service/{{ $name }}", "/workload/{{ $name }}", "is nobody"),
    ("pods", TEMPLATES + "_pod.tpl", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "may write"),
    ("pods", TEMPLATES + "_pod.tpl", "capabilities: {drop: [ALL]}", "capabilities: {drop: []}", "may gain rights"),
    ("pods", CHART + "values.yaml", "limits: {memory: 256Mi}", "limits: {}", "no limits of memory"),
    ("pods", TEMPLATES + "services.yaml", 'Token: {{ include "tradewind.needs-token" $at }}', "Token: true", "a token that it does not need"),
    ("pods", TEMPLATES + "services.yaml", "ClusterFirstWithHostNet", "ClusterFirst", "shares something with its node"),
    ("pods", TEMPLATES + "controller.yaml", "{{- if has $namespace $controller.secretNamespaces }}", "{{- if true }}", "secrets that nobody named"),
    ("pods", TEMPLATES + "controller.yaml", "[gatewayclasses/status], verbs: [update]", "[gatewayclasses], verbs: [update]", "may update"),
    ("lives", TEMPLATES + "_pod.tpl", "livenessProbe:", "lifeProbe:", "livenessProbe"),
    ("lives", TEMPLATES + "_names.tpl", "add .Values.drain.deadline .Values.drain.margin", "add .Values.drain.deadline 0", "is killed after"),
    ("lives", TEMPLATES + "services.yaml", "maxUnavailable: 0", "maxUnavailable: 1", "before others are there"),
    ("network", TEMPLATES + "network.yaml", "{{- range $kind, $callers := $place.callers }}", "{{- range $kind, $callers := omit $place.callers \"public\" }}", "is not let in"),
    ("network", TEMPLATES + "network.yaml", "podSelector: {}\n  policyTypes: [Ingress, Egress]", "podSelector: {}\n  policyTypes: [Egress]", "is let in"),
    ("network", TEMPLATES + "network.yaml", "{port: {{ get (get $fleet $to).doors . }}, protocol", "{port: 8080, protocol", "is not let out"),
    ("network", TEMPLATES + "network.yaml", '{{ include "tradewind.namespace" . }}}}', "shop}}", "is not let in"),
    ("pods", TEMPLATES + "controller.yaml", "    verbs: [get]\n", "    verbs: [get, list]\n", "reads definitions"),
    ("slices", TEMPLATES + "slices.yaml", "verbs: [get, list, watch]", "verbs: [get, list]", "or less"),
    ("slices", TEMPLATES + "slices.yaml", '"service" $to) }}', '"service" $name) }}', "may not read EndpointSlices"),
    ("slices", TEMPLATES + "_pod.tpl", '{{- if or (include "tradewind.watches-slices" .) ', "{{- if or ", "has no token"),
    ("slices", TEMPLATES + "network.yaml", '{{- if or (include "tradewind.watches-slices" $at) ', "{{- if or ", "no way to the API"),
    ("slices", TEMPLATES + "_settings.tpl", '(printf "slices:%s:%s" $slices .)', '(printf "slices:%s:%d" $slices 80)', "names no port"),
    ("secrets", TEMPLATES + "_settings.tpl", "concat $keys .place.secrets", "concat $keys", "does not have"),
    ("images", TEMPLATES + "_names.tpl", 'ternary "tradewind" (printf "%s%s" $image.prefix', 'ternary "tradewind" (printf "%s%ss" $image.prefix', "nobody builds tradewind-orderss"),
    ("images", TEMPLATES + "_names.tpl", 'printf "%s/%s:%s" $image.registry $name', 'printf "%s/%s:latest%.0s" $image.registry $name', "names no version"),
    ("images", TEMPLATES + "_names.tpl", 'printf "%s%s" $image.prefix .service', 'printf "%sorders%.0s" $image.prefix .service', "nobody runs tradewind-stock"),
    ("images", TEMPLATES + "_names.tpl", "$image.registry $name", '"elsewhere.example" $name', "is not of the registry"),
    ("requests", CHART + "values.yaml", "requests: {cpu: 50m, memory: 64Mi}\n    limits: {memory: 256Mi}", "requests: {cpu: 60m, memory: 64Mi}\n    limits: {memory: 256Mi}", "requests 60m"),
    ("requests", "deploy/chart/measured.md", "| orders | ", "| orders | 9", "orders: 9"),
    ("requests", "deploy/chart/measured.md", "| stock | ", "| stocks | ", "no row of stock"),
    ("drift", "deploy/routes/stock.yaml", "port: 8030", "port: 8031", "files/routes/stock.yaml"),
    ("drift", CHART + "files/fleet.json", '"internal": 8150', '"internal": 8151', "is not what the program says"),
    ("metrics", CHART + "files/rules.yaml", "max by (service) (relay_lag)", "max by (service) (relay_lags)", "nobody exports relay_lags"),
    ("metrics", CHART + "files/rules.yaml", 'reason="shed"', 'cause="shed"', "has no label cause"),
    ("metrics", CHART + "files/dashboards/events.yaml", "saga_running{", "saga_runs{", "nobody exports saga_runs"),
    ("metrics", CHART + "files/dashboards/resources.yaml", "by (service, scope)", "by (service, task)", "no label task"),
    ("dashboards", TEMPLATES + "_dashboard.tpl", '"w" $width "h" 8', '"w" 24 "h" 8', "covers another panel"),
    ("runbooks", "docs/runbooks/saga-stuck.md", "## Do", "## Maybe", "no part '## Do'"),
    ("runbooks", CHART + "files/rules.yaml", "runbook_url: RUNBOOKS/outbox-lag.md", "runbook_url: RUNBOOKS/lag.md", "OutboxLag"),
    ("alerts-valid", CHART + "files/rules.yaml", "max by (service, saga) (saga_stuck) > 0", "max by (service, saga (saga_stuck) > 0", "parse"),
    ("alerts-tested", CHART + "files/rules.yaml", "(relay_lag) > 1000", "(relay_lag) > 100000", "OutboxLag"),
    ("alerts-tested", "tests/chart/rules_test.yaml", "alertname: BrokerAway", "alertname: BrokerGone", "BrokerAway"),
    ("checkov", TEMPLATES + "_pod.tpl", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", "CKV_K8S_20"),
    ("checkov", "tests/chart/checkov.yaml", "check: CKV_K8S_40", "check: CKV_K8S_41", "CKV_K8S_40"),
]
# What a copy needs.
PARTS = ("deploy", "docs", "platform/gateway-api/definitions", "tests/chart")


def copy(root, to):
    for part in PARTS:
        shutil.copytree(root / part, to / part, ignore=shutil.ignore_patterns("__pycache__"))


def stand_in(root, folder):
    """A program that says what the chart says now: where none is built, drift is proved against that."""
    path = folder / "tradewind"
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{(root / CHART / 'files/fleet.json').read_text()}\nEND\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    os.environ["TRADEWIND"] = str(path)


def prove(root, checks):
    unproved = [name for name in checks if name not in {defect[0] for defect in DEFECTS}]
    missed = len(unproved)
    for name in unproved:
        print(f"{name:<16} FAIL  nothing is planted for it")
    chosen = [defect for defect in DEFECTS if defect[0] in checks]
    with tempfile.TemporaryDirectory() as folder:
        stand_in(root, pathlib.Path(folder))
        for name, file, text, instead, words in chosen:
            began = time.monotonic()
            verdict = planted(root, checks[name], file, text, instead, words)
            missed += verdict is not None
            what = f"{pathlib.Path(file).name}: {instead.strip().splitlines()[0][:48] if instead.strip() else 'left out'}"
            print(f"{name:<16} {time.monotonic() - began:5.1f} s  {'PASS' if verdict is None else 'FAIL'}  {what}", flush=True)
            if verdict is not None:
                print(f"    {verdict}")
    print(f"\n{len(chosen) + len(unproved) - missed} of {len(chosen) + len(unproved)} defects were found")
    return 1 if missed else 0


def planted(root, check, file, text, instead, words):
    """None when the check finds what is planted, and says so in these words."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        copy(root, folder)
        path = folder / file
        before = path.read_text()
        if text not in before:
            return f"{file} holds no {text!r}; plant something else"
        path.write_text(before.replace(text, instead))
        try:
            problems = list(check(Subject(folder)))
        except Exception as error:  # the engine may refuse what is planted: found as well
            problems = [f"{type(error).__name__}: {error}"]
    if any(words in problem for problem in problems):
        return None
    return f"not found; found instead: {problems[:2]}"
