"""The steps of a run, in their sequence. Each gives figures: name, value, target, whether it is good."""

import json
import pathlib

from cluster import Failed, LeftOut
from shop import Load

HERE = pathlib.Path(__file__).resolve().parent
CHART = HERE.parents[1] / "deploy/chart"
INSTANCE = "app.kubernetes.io/instance=shop"
# All kinds that the chart makes in a namespace, and in none.
KINDS = ("deployments,statefulsets,replicasets,pods,jobs,cronjobs,services,configmaps,secrets,serviceaccounts,"
         "networkpolicies,horizontalpodautoscalers,poddisruptionbudgets,persistentvolumeclaims,roles,rolebindings")
WIDE = "namespaces,clusterroles,clusterrolebindings"


def given(run, tag):
    """Arguments of helm for what is installed."""
    files = [CHART / "environments/dev.yaml", HERE / "values.yaml", *run.options.values]
    return [CHART / "tradewind", *(f"--values={path}" for path in files),
            f"--set=image.registry={run.options.registry}", f"--set=image.tag={tag}"]


def reach(run):
    """The cluster answers, has a node that is ready, and not yet what is about to be made."""
    nodes = run.cluster.get("nodes")["items"]
    ready = [each for each in nodes if condition(each, "Ready") == "True"]
    yield "nodes that are ready", str(len(ready)), "> 0", bool(ready)
    there = [each["metadata"]["name"] for each in run.cluster.get("namespaces")["items"]]
    if run.options.namespace in there:
        raise Failed(f"the namespace {run.options.namespace} exists, and would be deleted at the end; name another one")


def condition(value, kind):
    found = [each["status"] for each in value["status"].get("conditions", []) if each["type"] == kind]
    return found[0] if found else "Unknown"


def install(run):
    run.installed = True
    run.cluster.helm("install", run.cluster.release, *given(run, run.options.tag), "--create-namespace")
    run.cluster.available()
    count = len(run.cluster.deployments())
    yield "services that are available", str(count), "> 0", count > 0


def seed(run):
    run.seed = run.cluster.task("seed", "cluster-seed")
    if not run.options.gateway:
        run.shop.url = way_in(run.cluster)
    run.shop.sign_in(run.seed)
    yield "signed in at", run.shop.url.removeprefix("http://"), "", True


def way_in(cluster):
    """A node's address and the port that the gateway's Service has there."""
    ports = cluster.get("service", "gateway")["spec"]["ports"]
    port = next((each["nodePort"] for each in ports if each.get("nodePort")), None)
    if port is None:
        raise Failed("the Service of the gateway has no port on the nodes; --gateway names where it is reached")
    for node in sorted(cluster.get("nodes")["items"], key=lambda each: each["metadata"]["name"]):
        addresses = {each["type"]: each["address"] for each in node["status"]["addresses"]}
        if found := addresses.get("ExternalIP") or addresses.get("InternalIP"):
            return f"http://{found}:{port}"
    raise Failed("no node tells an address; --gateway names where the gateway is reached")


def journeys(run):
    run.shop.read()
    run.shop.buy(run.cluster)
    run.shop.watch(run.cluster, run.shop.taken[-1])
    yield "journeys: read, buy, watch", "3", "3", True


def under_load(act):
    """A step during which people shop, from before it begins until the fleet is whole again."""
    def step(run):
        with Load(run.shop) as load:
            yield from act(run)
            run.cluster.available()
        yield from load.judge()
    return step


def roll_out(run):
    names = run.cluster.deployments()
    run.cluster.kubectl("rollout", "restart", "deployment")
    for name in names:
        run.cluster.kubectl("rollout", "status", f"deployment/{name}", run.cluster.at_most(300), seconds=300)
    yield "services replaced", str(len(names)), "> 0", bool(names)


def kill(run):
    """A pod of orders goes as if its node had lost power, one of the gateway as its will is: people hold connections there."""
    for service, how in {"orders": ["--grace-period=0", "--force"], "gateway": []}.items():
        before = {each["metadata"]["name"] for each in run.cluster.pods(service)}
        if len(before) < 2:
            raise Failed(f"{service} has {len(before)} pods, and two are wanted before one goes")
        gone = min(before)
        run.cluster.kubectl("delete", "pod", gone, "--wait=false", *how)

        def replaced(service=service, gone=gone, count=len(before)):
            pods = run.cluster.pods(service)
            ready = [each for each in pods if condition(each, "Ready") == "True" and each["metadata"]["name"] != gone]
            return len(ready) >= count

        run.cluster.until(replaced, 120, f"nothing takes the place of {gone} in 120 s")
        yield f"a pod of {service} replaced", "1", "1", True


def drain(run):
    nodes = sorted(each["metadata"]["name"] for each in run.cluster.get("nodes")["items"]
                   if not each["spec"].get("unschedulable"))
    if len(nodes) < 2:
        raise LeftOut("the cluster has one node, and pods that leave it have no place")
    # The trial's database is one pod: who drains its node has no database meanwhile, and that is no test of ours.
    data = {each["spec"]["nodeName"] for each in run.cluster.pods("postgres")}
    # Where people come in they should not be cut off by what a drained node does to its own address.
    entry = run.shop.url
    free = [name for name in nodes if name not in data and not has_address(run.cluster, name, entry)]
    if not free:
        raise LeftOut("no node is without the database and the way in")
    try:
        run.cluster.kubectl("drain", free[-1], "--ignore-daemonsets", "--delete-emptydir-data", run.cluster.at_most(300), seconds=300)
        run.cluster.available()
    finally:
        run.cluster.kubectl("uncordon", free[-1])
    yield "nodes drained", "1", "1", True


def has_address(cluster, name, url):
    return any(f"//{each['address']}:" in url for each in cluster.get("node", name)["status"]["addresses"])


def scale(run):
    """More people than two replicas ask for: the autoscaler adds one."""
    found = []

    def more():
        status = run.cluster.get("horizontalpodautoscaler", "gateway")["status"]
        blind = [each["message"] for each in status.get("conditions", []) if each["type"] == "ScalingActive" and each["status"] == "False"]
        found[:] = [status.get("currentReplicas", 0), *blind]
        return status.get("currentReplicas", 0) > 2

    with Load(run.shop, people=32) as load:
        try:
            run.cluster.until(more, 300, "")
        except Failed:
            why = found[1] if len(found) > 1 else "the load is too small for this cluster's nodes"
            raise Failed(f"the gateway stays at {found[0]} replicas for 300 s: {why}") from None
    yield "replicas of the gateway", str(found[0]), "> 2", found[0] > 2
    yield from load.judge()


def upgrade(run):
    """Another tag, or another setting: both are other pods."""
    tag = run.options.upgrade_to or run.options.tag
    run.cluster.helm("upgrade", run.cluster.release, *given(run, tag), "--set=settings.http.deadline=9s", "--wait")
    yield from revision(run, 2)


def roll_back(run):
    run.cluster.helm("rollback", run.cluster.release, "1", "--wait")
    yield from revision(run, 3)


def revision(run, wanted):
    status = json.loads(run.cluster.run("helm", "--namespace", run.options.namespace, "status", run.cluster.release, "--output=json"))
    found = f"{status['version']}, {status['info']['status']}"
    yield "revision of the release", found, f"{wanted}, deployed", found == f"{wanted}, deployed"


def lost(run):
    """Every order that was taken is there and has gone on; and `tradewind verify` finds nothing in the rows of all."""
    missing = []
    for number in run.shop.taken:
        try:
            run.shop.watch(run.cluster, number)
        except Failed as failed:
            missing.append(str(failed))
    yield "orders taken", str(len(run.shop.taken)), "> 0", bool(run.shop.taken)
    yield "lost among them", str(len(missing)), "0", not missing
    said = run.cluster.task("verify", "cluster-verify", seconds=600).strip().splitlines()
    yield "verify, messages and rows of all", "clean", "clean", True
    print(f"  {said[-1] if said else ''}")


def clean(run):
    """Takes everything away. What outlives an uninstall by its own word, volumes and the seed, goes with the namespace."""
    if not run.installed:
        return
    try:
        run.cluster.helm("uninstall", run.cluster.release, "--wait", "--ignore-not-found", seconds=300)
    finally:
        run.cluster.kubectl("delete", "namespace", run.options.namespace, "--ignore-not-found", run.cluster.at_most(300), seconds=300)
        run.installed = False


def uninstall(run):
    if run.options.keep:
        raise LeftOut("--keep: it is left")
    run.cluster.helm("uninstall", run.cluster.release, "--wait", seconds=300)
    # By their own word: volumes, and what secrets were made from. What belongs to something follows it within moments.
    def left():
        return [name for name in names(run, KINDS) if not name.startswith("persistentvolumeclaim/") and name != "secret/shop-seed"]

    yield from nothing(run, "objects after the uninstall", left)
    clean(run)

    def anywhere():
        spaces = [each["metadata"]["name"] for each in run.cluster.get("namespaces")["items"]]
        more = [f"namespace/{name}" for name in spaces if name == run.options.namespace]
        return [*names(run, KINDS, "--all-namespaces"), *names(run, WIDE), *more]

    yield from nothing(run, "objects after all is deleted", anywhere)


def nothing(run, what, found):
    try:
        run.cluster.until(lambda: not found(), 60, "")
    except Failed:
        print("".join(f"  {name}\n" for name in found()[:12]), end="")
    left = found()
    yield what, str(len(left)), "0", not left


def names(run, kinds, *where):
    return run.cluster.kubectl("get", kinds, f"--selector={INSTANCE}", "--output=name", *where).split()


STEPS = {
    "reach": reach,
    "install": install,
    "seed": seed,
    "journeys": journeys,
    "rollout": under_load(roll_out),
    "kill": under_load(kill),
    "drain": under_load(drain),
    "scale": scale,
    "upgrade": under_load(upgrade),
    "rollback": under_load(roll_back),
    "lost": lost,
    "uninstall": uninstall,
}
