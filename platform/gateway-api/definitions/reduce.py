#!/usr/bin/env python3
"""Makes the files of this folder: usage: reduce.py CRD.yaml...

Reads custom resource definitions and keeps of each what decides whether a document is valid. Descriptions, status
schemas and printer columns are left out. Needs PyYAML.
"""

import json
import pathlib
import sys

import yaml

LEFT_OUT = {"description", "title", "example", "externalDocs"}
SCHEMA_MAPS = {"properties", "patternProperties"}


def reduced(schema):
    """A schema without what is only for people."""
    kept = {}
    for key, value in schema.items():
        if key in LEFT_OUT:
            continue
        if key in SCHEMA_MAPS:
            value = {name: reduced(below) for name, below in value.items()}
        elif key in ("items", "not") or (key == "additionalProperties" and isinstance(value, dict)):
            value = reduced(value)
        elif key in ("oneOf", "anyOf", "allOf"):
            value = [reduced(below) for below in value]
        kept[key] = value
    return kept


def definition(resource):
    """What is kept of a resource: names, and a schema for each version that is served."""
    spec = resource["spec"]
    versions = {}
    for version in spec["versions"]:
        if not version["served"]:
            continue
        schema = reduced(version["schema"]["openAPIV3Schema"])
        # The API server checks these itself, and a status is written by us.
        for field in ("apiVersion", "kind", "metadata", "status"):
            schema["properties"].pop(field, None)
        versions[version["name"]] = schema
    # Two versions of one schema are written once.
    names = sorted(versions)
    groups = []
    for name in names:
        for group in groups:
            if group["schema"] == versions[name]:
                group["versions"].append(name)
                break
        else:
            groups.append({"versions": [name], "schema": versions[name]})
    return {
        "group": spec["group"],
        "kind": spec["names"]["kind"],
        "namespaced": spec["scope"] == "Namespaced",
        "schemas": groups,
    }


def main():
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__.strip())
        sys.exit(0 if len(sys.argv) > 1 else 2)
    folder = pathlib.Path(__file__).parent
    for path in map(pathlib.Path, sys.argv[1:]):
        for resource in yaml.safe_load_all(path.read_text()):
            if not resource:
                continue
            file = folder / (resource["spec"]["names"]["kind"].lower() + ".json")
            text = json.dumps(definition(resource), indent=1, sort_keys=True, ensure_ascii=False)
            file.write_text(text + "\n")
            print(f"{file.name}: {len(text)} bytes")


main()
