"""Alerts and dashboards: valid, tested, explained, and of metrics that there are."""

import json
import re
import subprocess
import tempfile
import pathlib

import yaml


# Not ours: of kube-state-metrics, with the labels that are used.
OTHERS = {
    "kube_pod_container_resource_limits": {"resource", "namespace", "pod"},
    "kube_horizontalpodautoscaler_status_current_replicas": {"horizontalpodautoscaler", "namespace"},
    "kube_horizontalpodautoscaler_spec_max_replicas": {"horizontalpodautoscaler", "namespace"},
    "kube_deployment_spec_replicas": {"deployment", "namespace"},
    "kube_deployment_status_replicas_available": {"deployment", "namespace"},
}
# On every series: ours, and those that the scrape adds.
COMMON = {"service", "namespace", "pod", "job", "instance"}
WORDS = {
    "sum", "by", "rate", "increase", "changes", "max", "min", "count", "and", "or", "unless", "without", "on",
    "ignoring", "group_left", "group_right", "histogram_quantile", "topk", "time", "bool", "offset", "label_values",
}
WATCHED = "qa"


def known(subject):
    """Metric to its labels, from the table of docs/settings.md."""
    text = (subject.root / "docs/settings.md").read_text()
    section = text.split("\n## Metrics\n", 1)[1].split("\n## ", 1)[0]
    found = dict(OTHERS)
    for line in section.splitlines():
        if not line.startswith("| `"):
            continue
        names, kind, labels = [cell.strip() for cell in line.strip("|").split("|")][:3]
        labels = set(re.findall(r"`([a-z_]+)`", labels)) | COMMON
        for name in re.findall(r"`([a-z_]+)`", names):
            found[name] = labels
            if kind == "histogram":
                found |= {f"{name}_bucket": labels | {"le"}, f"{name}_sum": labels, f"{name}_count": labels}
    return found


def recorded(subject):
    """Recording rules: their labels are those that they keep."""
    rules = yaml.safe_load((subject.chart / "files/rules.yaml").read_text())
    return {r["record"]: COMMON for g in rules["groups"] for r in g["rules"] if "record" in r}


def unknown(query, metrics):
    """What a query names and nobody exports."""
    bare = re.sub(r'"(\\.|[^"\\])*"', '""', query)
    bare = re.sub(r"\[[^\]]*\]", "", bare)
    for name, matchers in re.findall(r"([a-zA-Z_][\w:]*)\s*\{([^}]*)\}", bare):
        labels = set(re.findall(r"([a-z_]+)\s*(?:=~|!~|!=|=)", matchers))
        yield from (f"{name} has no label {label}" for label in sorted(labels - metrics.get(name, labels)))
    bare = re.sub(r"\{[^}]*\}", "", bare)
    grouped = set()
    for part in re.findall(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)", bare):
        grouped |= set(re.findall(r"[a-z_]+", part))
    bare = re.sub(r"\b(by|without|on|ignoring)\s*\([^)]*\)", "", bare)
    names = [name for name in re.findall(r"\b[a-zA-Z_][\w:]*", bare) if name not in WORDS]
    yield from (f"nobody exports {name}" for name in names if name not in metrics)
    labels = set().union(*(metrics.get(name, set()) for name in names)) if names else grouped
    yield from (f"{', '.join(names)} have no label {label}" for label in sorted(grouped - labels))
    if not names:
        yield f"no metric in {query!r}"


def queries(subject):
    """(where, query) of alerts and dashboards."""
    rules = yaml.safe_load((subject.chart / "files/rules.yaml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            yield rule.get("alert") or rule["record"], rule["expr"]
    for name, board in dashboards(subject):
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                yield f"{name}: {panel['title']}", target["expr"]
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                call = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["definition"])
                yield f"{name}: {variable['name']}", f"count by ({call[2]}) ({call[1]})"


def metrics(subject):
    """Queries name only metrics and labels that a fleet exports."""
    there = known(subject) | recorded(subject)
    count = 0
    for where, query in queries(subject):
        count += 1
        yield from (f"{where}: {problem}" for problem in unknown(query, there))
    if count < 60:
        yield f"{count} queries were looked at"


def dashboards(subject):
    for _, value in subject.rendered[WATCHED, False]:
        if value["kind"] == "ConfigMap" and "grafana_dashboard" in value["metadata"].get("labels", {}):
            for name, text in value["data"].items():
                yield name, json.loads(text)


def boards(subject):
    """Dashboards that Grafana takes: ids of their own, panels that do not overlap, a title and a query in each."""
    uids, count = set(), 0
    for name, board in dashboards(subject):
        count += 1
        if board["uid"] in uids or len(board["uid"]) > 40:
            yield f"{name}: the uid {board['uid']} is another's, or too long"
        uids.add(board["uid"])
        taken, ids = set(), set()
        for panel in board["panels"]:
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            if taken & cells or at["x"] + at["w"] > 24:
                yield f"{name}: {panel['title']} covers another panel, or leaves the page"
            taken |= cells
            if panel["id"] in ids or not panel["title"]:
                yield f"{name}: {panel['title']!r} has no title, or the id of another"
            ids.add(panel["id"])
            if panel["type"] != "row" and not panel.get("targets"):
                yield f"{name}: {panel['title']} asks for nothing"
    if count != len(list((subject.chart / "files/dashboards").glob("*.yaml"))) or not count:
        yield f"{count} dashboards are rendered"


def rules(subject):
    """The rules as they are rendered, as a file of Prometheus."""
    for _, value in subject.rendered[WATCHED, False]:
        if value["kind"] == "PrometheusRule":
            return value["spec"]
    return {"groups": []}


# It takes seconds; on a machine that builds at the same time some minutes.
PATIENCE = 600


def promtool(subject, *arguments):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "rules.yaml").write_text(yaml.safe_dump(rules(subject), width=1000))
        (folder / "tests.yaml").write_text((subject.root / "tests/chart/rules_test.yaml").read_text())
        try:
            ran = subprocess.run(
                ["promtool", *arguments], cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False
            )
        except subprocess.TimeoutExpired:
            return [f"promtool {' '.join(arguments)} did not end within {PATIENCE} s"]
    return [] if ran.returncode == 0 else [(ran.stdout + ran.stderr).strip()]


def valid(subject):
    """`promtool check rules`."""
    yield from promtool(subject, "check", "rules", "rules.yaml")


def tested(subject):
    """`promtool test rules`, and a test of each alert that fires and of one that does not."""
    tests = yaml.safe_load((subject.root / "tests/chart/rules_test.yaml").read_text())
    fires, rests = set(), set()
    for test in tests["tests"]:
        for case in test.get("alert_rule_test", []):
            (fires if case.get("exp_alerts") else rests).add(case["alertname"])
    for name, _ in alerts(subject):
        if name not in fires or name not in rests:
            yield f"{name}: no test in which it fires, or none in which it does not"
    yield from promtool(subject, "test", "rules", "tests.yaml")


def alerts(subject):
    for group in rules(subject)["groups"]:
        for rule in group["rules"]:
            if "alert" in rule:
                yield rule["alert"], rule


def runbooks(subject):
    """Each alert leads to a page that says what it means, where to look and what to do; each page has an alert."""
    folder, named = subject.root / "docs/runbooks", set()
    for name, rule in alerts(subject):
        link = rule["annotations"].get("runbook_url", "")
        page = link.rpartition("/")[2]
        named.add(page)
        expected = re.sub(r"(?<!^)([A-Z])", r"-\1", name).lower() + ".md"
        if page != expected or not link.startswith("https://"):
            yield f"{name}: its page is {link}, not …/{expected}"
        elif not (folder / page).is_file():
            yield f"{name}: docs/runbooks/{page} is not there"
        else:
            text = (folder / page).read_text()
            yield from (f"docs/runbooks/{page}: no part {part!r}" for part in ("## Means", "## Look", "## Do") if part not in text)
        if rule["labels"].get("severity") not in ("page", "ticket") or not rule["annotations"].get("summary"):
            yield f"{name}: no severity, or no summary"
    for page in sorted(folder.glob("*.md")):
        if page.name != "README.md" and page.name not in named:
            yield f"docs/runbooks/{page.name}: no alert leads there"
