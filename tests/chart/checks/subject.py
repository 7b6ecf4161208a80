"""What is judged: a chart in a copy of the repository, rendered for environments and further cases."""

import functools
import json
import pathlib
import re

import helm_python
import yaml

RELEASE = "shop"


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Refuses a key that stands twice, as a cluster does."""


def _mapping(loader, node):
    seen = set()
    for key, _ in node.value:
        if key.value in seen:
            raise yaml.YAMLError(f"{key.start_mark}: the key {key.value} stands twice")
        seen.add(key.value)
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


class Subject:
    """The repository at `root`."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.chart = self.root / "deploy/chart/tradewind"

    def cases(self):
        """Name to values: the environments, and cases that no environment has."""
        files = sorted((self.root / "deploy/chart/environments").glob("*.yaml"))
        files += sorted((self.root / "tests/chart/cases").glob("*.yaml"))
        return {file.stem: yaml.safe_load(file.read_text()) or {} for file in files}

    @functools.cached_property
    def defaults(self):
        return yaml.safe_load((self.chart / "values.yaml").read_text())

    @functools.cached_property
    def fleet(self):
        return json.loads((self.chart / "files/fleet.json").read_text())["services"]

    def render(self, values, upgrade=False):
        """File to text, by Helm's own engine; nothing is asked of a cluster."""
        with helm_python.Chart.load(self.chart) as chart:
            files = chart.render(values, name=RELEASE, namespace=RELEASE, is_upgrade=upgrade, is_install=not upgrade)
        return {name: text for name, text in files.items() if not name.endswith("NOTES.txt")}

    @functools.cached_property
    def rendered(self):
        """(case, whether it is an upgrade) to objects, each with the file that it came from."""
        found = {}
        for case, values in self.cases().items():
            for upgrade in (False, True):
                found[case, upgrade] = list(self.parsed(self.render(values, upgrade)))
        return found

    @staticmethod
    def parsed(files):
        for name, text in sorted(files.items()):
            for part in re.split(r"(?m)^---$", text):
                value = yaml.load(part, Loader)
                if value is not None:
                    yield name, value

    def objects(self):
        """(case, object) of every case, at an install and at an upgrade."""
        for (case, upgrade), objects in self.rendered.items():
            for _, value in objects:
                yield (f"{case}, {'upgrade' if upgrade else 'install'}"), value


def title(value):
    """How an object is called in messages."""
    metadata = value.get("metadata", {})
    place = metadata.get("namespace")
    return f"{value.get('kind')} {place + '/' if place else ''}{metadata.get('name')}"


def pods(value):
    """The pod template within an object, if it has one."""
    spec = value.get("spec", {})
    if value.get("kind") == "CronJob":
        spec = spec.get("jobTemplate", {}).get("spec", {})
    template = spec.get("template")
    if isinstance(template, dict) and "containers" in template.get("spec", {}):
        return template
    return None
