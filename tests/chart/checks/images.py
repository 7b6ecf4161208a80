"""Each image that the chart renders is one that deploy/images/build makes, or a trial's, with a version."""

import pathlib
import re
import subprocess

from .subject import pods, title

ROOT = pathlib.Path(__file__).resolve().parents[3]
# A version says what it is tomorrow, too; a digest what it is.
VERSIONED = re.compile(r"(?P<path>[^@]+?)(:(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(@(?P<digest>sha256:[0-9a-f]{64}))?")


def built():
    """The names that deploy/images/build knows; where nothing is compiled it needs nothing but Python."""
    command = [ROOT / "deploy/images/build", "--list"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split())


def images(subject):
    """Names, versions and places of all images, in every case."""
    known, used = built(), set()
    for case, value in subject.objects():
        template = pods(value)
        for container in containers(template["spec"]) if template else []:
            found = VERSIONED.fullmatch(container["image"])
            name, where = container["image"], f"{case}: {title(value)}"
            if found is None:
                yield f"{where}: {name} is no name of an image"
                continue
            if found["tag"] == "latest" or not (found["tag"] or found["digest"]):
                yield f"{where}: {name} names no version"
            if is_trial(value):
                continue
            image = found["path"].rpartition("/")[2]
            used.add(image)
            if image not in known:
                yield f"{where}: nobody builds {image}; deploy/images/build --list tells what there is"
            if not found["path"].startswith(registry(subject, case) + "/"):
                yield f"{where}: {name} is not of the registry that the values name"
    yield from (f"nobody runs {name}, which deploy/images/build makes" for name in sorted(known - used))


def containers(spec):
    return [*spec.get("initContainers", []), *spec["containers"]]


def is_trial(value):
    return value["kind"] == "StatefulSet"


def registry(subject, case):
    values = subject.cases()[case.split(",")[0]]
    return values.get("image", {}).get("registry") or subject.defaults["image"]["registry"]
