"""What every pod is promised: a restricted one, probed, bounded, ended with patience; and who may talk to whom."""

from .subject import RELEASE, pods, title

# The images of others run as their own user, and their volumes are their data.
TRIALS = {"postgres", "rabbitmq"}


def security(subject):
    """Pods that the level `restricted` takes, and more: a read-only root, bounds, no token without a need."""
    for case, value in subject.objects():
        template = pods(value)
        if template is None:
            continue
        spec, name = template["spec"], f"{case}: {title(value)}"
        pod = spec.get("securityContext", {})
        if not pod.get("runAsNonRoot") or pod.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{name}: runs as root, or without the seccomp profile of the runtime"
        shared = [key for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key)]
        asked = controller(subject, case).get("hostNetwork") and value["metadata"]["name"] == "gateway"
        if shared and not (asked and shared == ["hostNetwork"] and spec.get("dnsPolicy") == "ClusterFirstWithHostNet"):
            yield f"{name}: shares something with its node"
        if any("hostPath" in volume for volume in spec.get("volumes", [])):
            yield f"{name}: mounts a folder of its node"
        if not spec.get("serviceAccountName") or spec["serviceAccountName"] == "default":
            yield f"{name}: has no account of its own"
        if spec.get("automountServiceAccountToken") and not needs_token(subject, case, value, template):
            yield f"{name}: mounts a token that it does not need"
        for container in spec["containers"]:
            yield from (f"{name}: {problem}" for problem in of_container(container))


    yield from rights(subject)


def rights(subject):
    """The gateway as a controller reads, writes statuses, and reads secrets where it was told to."""
    for case, value in subject.objects():
        if value["kind"] not in ("Role", "ClusterRole") or not value["metadata"]["name"].endswith("gateway-controller"):
            continue
        name, own = f"{case}: {title(value)}", controller(subject, case).get("secretNamespaces", [])
        for rule in value["rules"]:
            written = set(rule["verbs"]) - {"get", "list", "watch"}
            if written and (written != {"update"} or any(not one.endswith("/status") for one in rule["resources"])):
                yield f"{name}: may {', '.join(sorted(written))} {', '.join(rule['resources'])}"
            if "customresourcedefinitions" in rule["resources"] and (rule["verbs"] != ["get"] or not rule.get("resourceNames")):
                yield f"{name}: reads definitions that it does not need"
            if "secrets" in rule["resources"] and value["metadata"].get("namespace") not in own:
                yield f"{name}: reads secrets that nobody named"


def needs_token(subject, case, value, template):
    if any("agent-inject" in key for key in template["metadata"].get("annotations", {})):
        return True
    values = subject.cases()[case.split(",")[0]]
    name = value["metadata"]["name"]
    if name == "gateway" and controller(subject, case).get("enabled"):
        return True
    if watches(values) and subject.fleet.get(name, {}).get("peers"):
        return True
    own = values.get("services", {}).get(name, {}).get("rbac", {})
    return bool(own.get("rules") or own.get("clusterRules"))


def watches(values):
    """Whether services ask the API server where their peers are."""
    return values.get("discovery", {}).get("mode") == "endpointSlices"


def slices(subject):
    """Whoever watches EndpointSlices may do that where its peers are, has a token and a way, and nobody else may."""
    cases = subject.cases()
    for (case, _), objects in subject.rendered.items():
        watched = watches(cases[case])
        homes = {v["metadata"]["name"]: v["metadata"]["namespace"] for _, v in objects if v["kind"] == "Deployment"}
        ways_out = {(name, homes[to]) for name, place in subject.fleet.items() for to in place["peers"]}
        wanted = ways_out if watched else set()
        found, account = set(), {(homes[name], name): name for name in homes}
        for _, value in objects:
            if value["kind"] == "Role" and value["metadata"]["name"] == "endpoint-slices":
                rule = {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["get", "list", "watch"]}
                if value["rules"] != [rule]:
                    yield f"{case}: {title(value)}: allows more than watching EndpointSlices, or less"
            if value["kind"] == "RoleBinding" and value["roleRef"]["name"] == "endpoint-slices":
                who = [account.get((each["namespace"], each["name"])) for each in value["subjects"]]
                found |= {(name, value["metadata"]["namespace"]) for name in who}
            if value["kind"] == "Deployment" and value["metadata"]["name"] in {name for name, _ in wanted}:
                if not value["spec"]["template"]["spec"]["automountServiceAccountToken"]:
                    yield f"{case}: {title(value)}: has no token to ask the API server with"
            if value["kind"] == "NetworkPolicy" and value["metadata"]["name"] in {name for name, _ in wanted}:
                ports = {port["port"] for rule in value["spec"]["egress"] for port in rule.get("ports", [])}
                if 6443 not in ports:
                    yield f"{case}: {title(value)}: there is no way to the API server"
            yield from (f"{case}: {title(value)}: {problem}" for problem in places(watched, value))
        yield from (f"{case}: {who} may not read EndpointSlices in {where}" for who, where in wanted - found)
        needless = found - wanted
        yield from (f"{case}: {who} may read EndpointSlices in {where}, and has no peer there" for who, where in needless)


def places(watched, value):
    """Peers are found where the environment says, at ports that there are."""
    config = value.get("data", {}).get("tradewind.toml") if value["kind"] == "ConfigMap" else None
    for line in (config or "").splitlines():
        if not line.startswith("peers."):
            continue
        (_, to, kind), place = line.split(" = ")[0].split("."), line.split(" = ")[1].strip('"')
        if place.startswith("slices:") != watched:
            yield f"{line} is not how discovery.mode says"
        if place.startswith("slices:") and (not place.startswith(f"slices:{to}-peers.") or place.split(":")[2] != kind):
            yield f"{line} names no port of the pods of {to}"


def controller(subject, case):
    """What a case says of the gateway as a controller."""
    return subject.cases()[case.split(",")[0]].get("gatewayApi", {}).get("controller", {})


def of_container(container):
    context = container.get("securityContext", {})
    if context.get("allowPrivilegeEscalation") is not False or context.get("capabilities") != {"drop": ["ALL"]}:
        yield f"{container['name']}: may gain rights"
    if not context.get("readOnlyRootFilesystem"):
        yield f"{container['name']}: may write to its own image"
    resources = container.get("resources", {})
    for kind, names in (("requests", ("cpu", "memory")), ("limits", ("memory",))):
        for name in names:
            if name not in resources.get(kind, {}):
                yield f"{container['name']}: no {kind} of {name}"
    image = container["image"]
    if "@sha256:" not in image and (":" not in image.rpartition("/")[2] or image.endswith(":latest")):
        yield f"{container['name']}: {image} names no version"


def lives(subject):
    """Probes, replicas, rollouts and a grace period that is longer than the drain."""
    for case, value in subject.objects():
        if value["kind"] not in ("Deployment", "StatefulSet"):
            continue
        name, spec = f"{case}: {title(value)}", value["spec"]
        pod = spec["template"]["spec"]
        for container in pod["containers"]:
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                if probe not in container:
                    yield f"{name}: no {probe}"
        if value["kind"] == "StatefulSet":
            continue
        ports = {port["name"] for port in pod["containers"][0]["ports"]}
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            asked = pod["containers"][0][probe]
            port = (asked.get("httpGet") or asked.get("tcpSocket"))["port"]
            if port not in ports:
                yield f"{name}: {probe} asks the port {port}, which there is not"
        yield from (f"{name}: {problem}" for problem in rollout(subject, case, value))


def rollout(subject, case, value):
    spec, name = value["spec"], value["metadata"]["name"]
    pod = spec["template"]["spec"]
    settings = config(subject, case, value)
    drain = int(settings["shutdown.deadline"].strip('"s'))
    if pod["terminationGracePeriodSeconds"] < drain + 10:
        yield f"is killed after {pod['terminationGracePeriodSeconds']} s, and may drain for {drain} s"
    values = subject.cases()[case.split(",")[0]]
    scaled = values.get("defaults", {}).get("autoscaling", {}).get("enabled", True)
    if case.split(",")[0] != "dev" and not scaled and spec.get("replicas", 0) < 2:
        yield "has one replica"
    strategy = spec["strategy"]
    if strategy["type"] == "RollingUpdate" and strategy["rollingUpdate"]["maxUnavailable"] != 0:
        yield "takes pods away before others are there"
    if strategy["type"] == "Recreate" and case.split(",")[0] in ("qa", "production"):
        yield "stops before it starts"
    if not pod.get("topologySpreadConstraints"):
        yield "may run all its pods on one node"
    if name not in subject.fleet:
        yield "is no service of the fleet"


def config(subject, case, value):
    """The settings of a deployment, from its ConfigMap: key to text."""
    kind = ("ConfigMap", value["metadata"]["namespace"], value["metadata"]["name"])
    for other, found in subject.objects():
        if other == case and (found["kind"], found["metadata"].get("namespace"), found["metadata"]["name"]) == kind:
            lines = found["data"]["tradewind.toml"].splitlines()
            return dict(line.split(" = ", 1) for line in lines if " = " in line)
    return {}


def network(subject):
    """Policies let exactly those ways through that the program says there are; everything else is shut."""
    for (case, upgrade), objects in subject.rendered.items():
        policies = [value for _, value in objects if value["kind"] == "NetworkPolicy"]
        if subject.cases()[case].get("networkPolicies", {}).get("enabled") is False:
            if policies:
                yield f"{case}: policies although they are off"
            continue
        homes = {v["metadata"]["name"]: v["metadata"]["namespace"] for _, v in objects if v["kind"] == "Deployment"}
        named = {p["metadata"]["name"]: p for p in policies if p["metadata"]["name"] in subject.fleet}
        for namespace in {RELEASE, *homes.values()}:
            shut = [p for p in policies if p["metadata"]["namespace"] == namespace and p["spec"]["podSelector"] == {}]
            if not any(set(p["spec"]["policyTypes"]) == {"Ingress", "Egress"} and not p["spec"].get("ingress") for p in shut):
                yield f"{case}: {namespace}: what no policy names is let in"
        for service, place in subject.fleet.items():
            said = {(caller, door) for door, callers in place["callers"].items() for caller in callers}
            found = {(who, port) for who, port in ways(named[service], "ingress", "from", homes) if who in subject.fleet}
            yield from (f"{case}: {who} is not let in at {service}/{door}" for who, door in said - found)
            yield from (f"{case}: {who} is let in at {service}/{door}" for who, door in found - said)
            doors = {(to, subject.fleet[to]["doors"][door]) for to, kinds in place["peers"].items() for door in kinds}
            out = {(to, port) for to, port in ways(named[service], "egress", "to", homes) if to in subject.fleet}
            yield from (f"{case}: {service} is not let out to {to}:{port}" for to, port in doors - out)
            yield from (f"{case}: {service} is let out to {to}:{port}" for to, port in out - doors)


def ways(policy, direction, key, homes):
    for rule in policy["spec"].get(direction, []):
        for peer in rule.get(key, [{}]):
            labels = peer.get("podSelector", {}).get("matchLabels", {})
            namespace = peer.get("namespaceSelector", {}).get("matchLabels", {}).get("kubernetes.io/metadata.name")
            name = labels.get("app.kubernetes.io/name", "anybody")
            if name in homes and namespace != homes[name]:
                name = f"{name} in {namespace}"
            for port in rule.get("ports", [{"port": "any"}]):
                yield name, port["port"]


def secrets(subject):
    """Every pod finds the keys that its variables and its program read; settings never hold one."""
    for (case, _), objects in subject.rendered.items():
        held = {(v["metadata"]["namespace"], v["metadata"]["name"]): keys(v) for _, v in objects if keys(v) is not None}
        for _, value in objects:
            template = pods(value)
            if template is None or value["metadata"]["name"] not in subject.fleet:
                continue
            service, namespace = value["metadata"]["name"], value["metadata"]["namespace"]
            folder = "/var/lib/tradewind/secrets/"
            variables = template["spec"]["containers"][0].get("env", [])
            read = {v["value"].removeprefix(folder) for v in variables if v.get("value", "").startswith(folder)}
            wanted = read | {"internal-door"} | set(subject.fleet[service]["secrets"])
            notes = template["metadata"].get("annotations", {})
            injected = {key.removeprefix("vault.hashicorp.com/agent-inject-secret-") for key in notes if "inject-secret-" in key}
            found = held.get((namespace, f"{service}-secrets"), injected or wanted)
            yield from (f"{case}: {service} reads {key}, which its secret does not have" for key in wanted - found)


def keys(value):
    if value["kind"] == "Secret":
        return set(value.get("stringData", {})) | set(value.get("data", {}))
    if value["kind"] == "ExternalSecret":
        return {entry["secretKey"] for entry in value["spec"]["data"]}
    if value["kind"] == "SecretProviderClass":
        return {entry["key"] for entry in value["spec"]["secretObjects"][0]["data"]}
    return None
