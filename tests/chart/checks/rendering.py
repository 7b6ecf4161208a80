"""Lint and render by Helm's engine, and what it refuses."""

import helm_python
import yaml

from .subject import RELEASE, title

WARNING = 2
# Kinds that stand in no namespace.
CLUSTER = {"Namespace", "ClusterRole", "ClusterRoleBinding", "GatewayClass"}


def lint(subject):
    """`helm lint --strict` for every case."""
    for case, values in subject.cases().items():
        report = helm_python.lint(subject.chart, values, strict=True, namespace=RELEASE)
        for message in report["messages"]:
            if message["severity"] >= WARNING:
                yield f"{case}: {message['path']}: {message['error']}"
        yield from (f"{case}: {error}" for error in report.get("errors") or [])


def render(subject):
    """Every case renders, to objects with names and namespaces of which none stands there twice."""
    for (case, _), objects in subject.rendered.items():
        seen = set()
        for file, value in objects:
            name = title(value)
            if not value.get("metadata", {}).get("name"):
                yield f"{case}: {file}: an object without a name"
            if value["kind"] not in CLUSTER and not value["metadata"].get("namespace"):
                yield f"{case}: {file}: {name} stands in no namespace"
            if name in seen:
                yield f"{case}: {file}: {name} stands there twice"
            seen.add(name)
        if len(objects) < 100:
            yield f"{case}: {len(objects)} objects are too few for a fleet"


def refusals(subject):
    """Values that make no sense are refused, with words that say where and why."""
    cases = yaml.safe_load((subject.root / "tests/chart/refusals.yaml").read_text())
    for case in cases:
        try:
            subject.render(case["values"])
        except helm_python.HelmError as error:
            text = str(error)
            for word in case["says"]:
                if word not in text:
                    yield f"{case['values']}: refused without {word!r}: {text}"
            if "'not' failed" in text or "oneOf' failed" in text:
                yield f"{case['values']}: refused in words that nobody understands: {text}"
        else:
            yield f"{case['values']}: taken"
