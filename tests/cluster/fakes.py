"""Stand-ins of kubectl and helm: a small cluster in a file, which answers what tests/cluster/run asks, and can be told to
fail at one place (PLAN in the state). Run as `fakes.py kubectl …` or `fakes.py helm …`; STATE names the file."""

import fcntl
import json
import os
import pathlib
import sys

SERVICES = ("orders", "gateway", "catalogue")
# What begins with it is told that it failed, and by whom.
REFUSED = "Error from server: planted for the rehearsal"


class Refusal(Exception):
    """What the stand-in says on standard error, with exit status 1."""


def beginning(plan="", nodes=2, port=0):
    return {"plan": plan, "port": port, "nodes": [f"node-{n}" for n in range(nodes)], "cordoned": [], "namespace": "",
            "release": None, "pods": {}, "next": 0, "jobs": {}, "replicas": 2, "left": [], "said": []}


class Kubectl:
    def __init__(self, state):
        self.state = state

    def planted(self, *places):
        if self.state["plan"] in places:
            raise Refusal(REFUSED)

    def run(self, words):
        if words[0] == "--namespace":
            self.namespace, words = words[1], words[2:]
        act = getattr(self, words[0].replace("-", "_"), None)
        if act is None:
            raise Refusal(f'error: unknown command "{words[0]}"')
        return act([word for word in words[1:] if not word.startswith("--")], words[1:])

    def wait(self, _, words):
        self.planted("wait")
        self.state["plan"] == "wait-late" and self.state["release"]["version"] == 2 and self.refuse("timed out waiting")
        return "condition met" if "--all" in words else ""

    @staticmethod
    def refuse(text):
        raise Refusal(text)

    def get(self, what, words):
        if "--output=name" in words:
            return self.names(words, what[0])
        kind, *name = what
        found = getattr(self, f"get_{kind}", None)
        if found is None:
            raise Refusal(f'error: the server doesn\'t have a resource type "{kind}"')
        return json.dumps(found(name[0] if name else None, words))

    def names(self, words, kinds):
        left = list(self.state["left"])
        if "--all-namespaces" not in words and "namespaces" in kinds.split(",") and self.state["plan"] == "left-wide":
            left.append("clusterrole.rbac.authorization.k8s.io/shop")
        if self.state["release"] is None and not self.state["namespace"]:
            return "\n".join(each for each in left if each.startswith("cluster"))
        return "" if "namespaces" in kinds.split(",") else "\n".join(left)

    def get_nodes(self, _, __):
        self.planted("reach")
        status = "False" if self.state["plan"] == "not-ready" else "True"
        return {"items": [self.node(name, status) for name in self.state["nodes"]]}

    def get_node(self, name, _):
        return self.node(name, "True")

    def node(self, name, status):
        # Only the first has the address that this machine reaches.
        host = "127.0.0.1" if name == "node-0" else "192.0.2.7"
        return {"metadata": {"name": name}, "spec": {"unschedulable": True} if name in self.state["cordoned"] else {},
                "status": {"conditions": [{"type": "Ready", "status": status}], "addresses": [{"type": "InternalIP", "address": host}]}}

    def get_namespaces(self, _, __):
        there = {"default", self.state["namespace"]} - {""}
        if self.state["plan"] == "taken":
            there.add(self.namespace)
        return {"items": [{"metadata": {"name": name}} for name in sorted(there)]}

    def get_deployments(self, _, __):
        return {"items": [{"metadata": {"name": name}} for name in self.state["pods"] if name != "postgres"]}

    def get_pods(self, _, words):
        service = next(word for word in words if word.startswith("--selector=")).rpartition("=")[2]
        ready = {"conditions": [{"type": "Ready", "status": "True"}]}
        place = {"nodeName": "node-0"}
        return {"items": [{"metadata": {"name": name}, "spec": place, "status": ready} for name in self.state["pods"].get(service, [])]}

    def get_service(self, _, __):
        port = {} if self.state["plan"] == "no-port" else {"nodePort": self.state["port"]}
        return {"spec": {"ports": [port]}}

    def get_job(self, name, _):
        task = self.state["jobs"][name]
        if self.state["plan"] == f"{task}-never":
            return {"status": {}}
        return {"status": {"failed": 1} if self.state["plan"] == f"{task}-fails" else {"succeeded": 1}}

    def get_horizontalpodautoscaler(self, _, __):
        blind = self.state["plan"] == "scale"
        if not blind:
            self.state["replicas"] += 1
        condition = {"type": "ScalingActive", "status": str(not blind), "message": "no metrics known for pods"}
        return {"status": {"currentReplicas": self.state["replicas"], "conditions": [condition]}}

    def create(self, what, words):
        source = next(word for word in words if word.startswith("--from=")).rpartition("/")[2]
        self.state["jobs"][what[1]] = source.partition("-")[2]
        return f"job.batch/{what[1]} created"

    def logs(self, what, _):
        task = self.state["jobs"][what[0].partition("/")[2]]
        if task == "seed":
            return "customers:" if self.state["plan"] == "no-password" else "ada@example.com  secret\n"
        return "1 of 3 promises is broken: outbox" if self.state["plan"] == "verify-fails" else "all promises hold"

    def rollout(self, what, _):
        self.planted(f"rollout-{what[0]}")
        return "restarted"

    def delete(self, what, _):
        if what[0] == "namespace":
            self.planted("delete-namespace")
            self.state["namespace"], self.state["left"] = "", [each for each in self.state["left"] if each.startswith("cluster")]
            return "deleted"
        service, _, _ = what[1].rpartition("-")
        self.planted(f"kill-{service}")
        self.state["pods"][service].remove(what[1])
        if self.state["plan"] != f"unreplaced-{service}":
            self.state["next"] += 1
            self.state["pods"][service].append(f"{service}-{self.state['next'] + 10}")
        return "deleted"

    def drain(self, what, _):
        self.planted("drain")
        self.state["cordoned"].append(what[0])
        return "drained"

    def uncordon(self, what, _):
        self.planted("uncordon")
        self.state["cordoned"] = [name for name in self.state["cordoned"] if name != what[0]]
        return "uncordoned"


class Helm:
    def __init__(self, state):
        self.state = state

    def run(self, words):
        namespace, verb, words = words[1], words[2], words[3:]
        if self.state["plan"] == verb:
            if verb == "install":
                self.state["namespace"] = namespace
            raise Refusal(f"Error: {verb.upper()} FAILED: planted for the rehearsal")
        return getattr(self, verb)(namespace, words) or ""

    def install(self, namespace, words):
        if not any(word.startswith("--set=image.tag=") for word in words) or "--create-namespace" not in words:
            raise Refusal("Error: neither a tag nor a namespace")
        count = 1 if self.state["plan"] == "one-pod" else 2
        pods = {name: [f"{name}-{n}" for n in range(count)] for name in SERVICES}
        self.state |= {"namespace": namespace, "release": {"version": 1}, "pods": pods | {"postgres": ["postgres-0"]}}

    def upgrade(self, *_):
        self.state["release"]["version"] += self.state["plan"] != "upgrade-nothing"

    def rollback(self, *_):
        self.state["release"]["version"] += self.state["plan"] != "rollback-nothing"

    def status(self, *_):
        return json.dumps({"version": self.state["release"]["version"], "info": {"status": "deployed"}})

    def uninstall(self, _, words):
        if self.state["release"] is None and "--ignore-not-found" not in words:
            raise Refusal("Error: uninstall: Release not loaded: shop: release: not found")
        self.state |= {"release": None, "pods": {}, "left": ["persistentvolumeclaim/storage", "secret/shop-seed"]}
        if self.state["plan"] == "left":
            self.state["left"].append("service/orders")
        if self.state["plan"] == "left-wide":
            self.state["left"].append("clusterrole.rbac.authorization.k8s.io/shop")


def main(program, words):
    path = pathlib.Path(os.environ["STATE"])
    with open(path, "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        state = json.load(file)
        state["said"].append([program, *words])
        try:
            said, code = (Kubectl if program == "kubectl" else Helm)(state).run(words), 0
        except Refusal as refusal:
            said, code = "", 1
            print(refusal, file=sys.stderr)
        file.seek(0)
        file.truncate()
        json.dump(state, file)
    print(said)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
