"""Objects by their schemas: Kubernetes' own, those of the Gateway API, and those of further kinds."""

import functools
import json
import re

import jsonschema
import kubernetes_validate

from .subject import title

# The oldest that the chart's kubeVersion allows and is still patched somewhere, one between, the newest known.
VERSIONS = ("1.31", "1.34", "1.37")
# It reads a schema anew for each object.
kubernetes_validate.utils.schema_contents = functools.cache(kubernetes_validate.utils.schema_contents)
ROUTES = ("gateway.networking.k8s.io", "policy.tradewind.dev")
FURTHER = {
    "ExternalSecret", "SecretProviderClass", "Certificate", "ServiceMonitor", "PrometheusRule", "VerticalPodAutoscaler",
}


def group(value):
    return value["apiVersion"].rpartition("/")[0]


def is_custom(value):
    return group(value) in ROUTES or value["kind"] in FURTHER


def unique(subject):
    """Each object once, however many cases have it as it is."""
    seen = set()
    for case, value in subject.objects():
        text = json.dumps(value, sort_keys=True)
        if text not in seen:
            seen.add(text)
            yield case, value


def kubernetes(version):
    def check(subject):
        count = 0
        for case, value in unique(subject):
            if is_custom(value):
                continue
            count += 1
            try:
                kubernetes_validate.validate(value, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                place = ".".join(str(part) for part in error.path)
                yield f"{case}: {title(value)}: {place}: {error.message}"
            except Exception as error:  # of the library, for kinds that it does not know
                yield f"{case}: {title(value)}: {getattr(error, 'message', error)}"
        if count < 100:
            yield f"{count} objects were looked at"

    check.__doc__ = f"Strict schemas of Kubernetes {version}."
    return check


def closed(schema):
    """A structural schema that takes nothing it does not name, as `kubectl --validate=strict` does."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(part) for key, part in schema.items()}
    if "properties" in made and not schema.get("x-kubernetes-preserve-unknown-fields"):
        made.setdefault("additionalProperties", False)
    if made.pop("nullable", False) and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    return made


def definition(subject, value):
    """The schema of a kind of the Gateway API, or of our own group."""
    path = subject.root / f"platform/gateway-api/definitions/{value['kind'].lower()}.json"
    if not path.is_file():
        return None
    known = json.loads(path.read_text())
    version = value["apiVersion"].rpartition("/")[2]
    for entry in known["schemas"]:
        if version in entry.get("versions", [entry.get("version", version)]):
            return entry["schema"]
    return None


def routes(subject):
    """Gateways, routes and policies by the definitions that our own gateway reads them by."""
    count = 0
    for case, value in unique(subject):
        if group(value) not in ROUTES:
            continue
        count += 1
        schema = definition(subject, value)
        if schema is None:
            yield f"{case}: {title(value)}: there is no definition of {value['apiVersion']}"
            continue
        schema = closed(schema)
        for name in ("apiVersion", "kind", "metadata"):
            schema.setdefault("properties", {})[name] = {}
        for error in jsonschema.Draft202012Validator(schema).iter_errors(value):
            yield f"{case}: {title(value)}: {error.json_path}: {error.message}"
        yield from (f"{case}: {problem}" for problem in parents(subject, value))
    if count < 15:
        yield f"{count} objects were looked at"


def parents(subject, value):
    """A route names its gateway with a namespace, and services that the fleet has, at their public ports."""
    for rule in value.get("spec", {}).get("rules", []):
        for backend in rule.get("backendRefs", []):
            doors = subject.fleet.get(backend["name"], {}).get("doors", {})
            if backend["port"] != doors.get("public"):
                yield f"{title(value)}: {backend['name']}:{backend['port']} is no public door of the fleet"
    for parent in value.get("spec", {}).get("parentRefs", []):
        if not parent.get("namespace"):
            yield f"{title(value)}: the gateway is named without its namespace"


def further(subject):
    """Kinds of operators, by schemas written here from their references."""
    count = 0
    for case, value in unique(subject):
        if value["kind"] not in FURTHER:
            continue
        count += 1
        path = subject.root / f"tests/chart/schemas/{value['kind'].lower()}.json"
        schema = json.loads(path.read_text())
        for error in jsonschema.Draft202012Validator(schema).iter_errors(value):
            yield f"{case}: {title(value)}: {error.json_path}: {error.message}"
        for uri in value.get("spec", {}).get("uris", []):
            if not re.fullmatch(r"spiffe://[a-z0-9._-]+/(operator|service/[a-z0-9-]+)", uri):
                yield f"{case}: {title(value)}: {uri} is nobody"
    if count < 40:
        yield f"{count} objects were looked at"
