"""Runs what the chart renders, by processes in the place of pods: their arguments, settings, secrets and probes."""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from . import measured
from .subject import Subject, pods

ROOT = pathlib.Path(__file__).resolve().parents[3]
# Ports are moved, so that a fleet that runs already is left alone.
MOVED = 20000
USER = 65532
SEED = "a-seed-of-the-tests-that-is-long-enough"


class Failed(Exception):
    """What did not hold."""


def reachable(programs, folder):
    """The programs where another user finds them too: they may lie below somebody's home."""
    if os.getuid() != 0:
        return programs
    place = folder / "programs"
    place.mkdir()
    for path in sorted(programs.glob("tradewind*")):
        if path.is_file() and os.access(path, os.X_OK):
            try:
                os.link(path, place / path.name)
            except OSError:
                shutil.copy(path, place / path.name)
    return place


class Place:
    """A folder that stands for a cluster: a database, and a root for each pod."""

    def __init__(self, folder, programs, plan):
        self.folder, self.programs = pathlib.Path(folder), reachable(programs, pathlib.Path(folder))
        self.objects = {(v["kind"], v["metadata"]["name"]): v for _, v in plan}
        self.port = 15432
        self.running = {}

    def mapped(self, text, pod):
        """A path or an address within a pod, as it is here."""
        text = re.sub(r"dns:([a-z-]+)-peers\.[a-z.-]+?:(\d+)", r"\1-peers.x.svc:\2", text)
        text = re.sub(r"(?:0\.0\.0\.0|[a-z]+-peers\.[a-z.-]+?):(\d+)", lambda m: f"127.0.0.1:{int(m[1]) + MOVED}", text)
        text = re.sub(r"postgres\.[a-z.-]+:5432", f"127.0.0.1:{self.port}", text)
        return re.sub(r"(?<![\w/])/(var|etc|run|tmp|backup)/", lambda m: f"{pod}/{m[1]}/", text)

    def content(self, volume):
        """The files of a volume that is a secret or a ConfigMap."""
        if "secret" in volume:
            found = self.objects["Secret", volume["secret"]["secretName"]]["stringData"]
            return found, volume["secret"].get("defaultMode", 0o644)
        if "configMap" in volume:
            return self.objects["ConfigMap", volume["configMap"]["name"]]["data"], 0o644
        return {}, None

    def pod(self, name, spec):
        """Lays the volumes of a pod out, as the kubelet does; gives the root."""
        root, container = self.folder / name, spec["containers"][0]
        volumes = {volume["name"]: volume for volume in spec["volumes"]}
        mounts = sorted(container["volumeMounts"], key=lambda mount: mount["mountPath"])
        for mount in mounts:
            files, mode = self.content(volumes[mount["name"]])
            path = root / mount["mountPath"].lstrip("/")
            if "subPath" in mount:
                files, path = {path.name: files[mount["subPath"]]}, path.parent
            path.mkdir(parents=True, exist_ok=True)
            if mode is None:
                path.chmod(0o777)
            for file, text in files.items():
                # Settings name paths and addresses; secrets and documents are what they are.
                text = self.mapped(text, root) if file.endswith((".toml", ".json", "-url")) else text
                (path / file).write_text(text)
                (path / file).chmod(mode)
                if os.getuid() == 0 and "secret" in volumes[mount["name"]]:
                    # Root's, and the group's by fsGroup.
                    os.chown(path / file, 0, USER)
        return root

    def start(self, name, spec, arguments=None):
        """The container of a pod as a process."""
        root, container = self.pod(name, spec), spec["containers"][0]
        program = container["image"].rpartition("/")[2].split(":")[0]
        given = container["args"] if arguments is None else arguments
        variables = {v["name"]: self.mapped(v.get("value", name), root) for v in container.get("env", [])}
        given = [part.replace("$(POD_NAME)", name) for part in given]
        command = [self.programs / program, *(self.mapped(part, root) for part in given)]
        if os.getuid() == 0:
            command = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", *command]
        log = open(self.folder / f"{name}.log", "wb")
        path = {"PATH": os.environ["PATH"], "TMPDIR": str(root / "tmp"), "HOME": str(root)}
        return subprocess.Popen(command, env=path | variables, stdout=log, stderr=subprocess.STDOUT, cwd=root)

    def said(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def job(self, name, spec, arguments=None):
        """Runs to its end."""
        process = self.start(name, spec, arguments)
        try:
            code = process.wait(300)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Failed(f"{name} does not end") from None
        if code != 0:
            raise Failed(f"{name} ends with {code}: {self.said(name)[-1500:]}")
        return self.said(name)

    def database(self, password):
        """A server, where the chart would have its trial."""
        binaries = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), default=None)
        if binaries is None:
            raise Failed("PostgreSQL is missing; on Debian: apt-get install postgresql")
        data, secret = self.folder / "postgres", self.folder / "password"
        secret.write_text(password)
        secret.chmod(0o644)
        data.mkdir()
        user = []
        if os.getuid() == 0:
            shutil.chown(data, "postgres")
            user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        initdb = [*user, binaries / "initdb", "-D", data, "-U", "postgres", f"--pwfile={secret}", "-A", "scram-sha-256"]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL)
        options = ["-p", str(self.port), "-c", "max_connections=300", "-k", data, "-c", "fsync=off"]
        log = open(self.folder / "postgres.log", "wb")
        self.server = subprocess.Popen([*user, binaries / "postgres", "-D", data, *options], stdout=log, stderr=log)
        until(lambda: "ready to accept" in self.said("postgres"), 60, "PostgreSQL does not start")

    def end(self):
        for process in [*self.running.values(), getattr(self, "server", None)]:
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in [*self.running.values(), getattr(self, "server", None)]:
            if process is not None:
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()


def certificates(place, domain):
    """What an issuer would make: an authority, and a secret with a certificate for each service and the operator."""
    folder = place.folder / "certificates"
    folder.mkdir()

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *key, "-days", "2", "-subj", "/CN=tests", "-addext", "keyUsage=critical,keyCertSign",
            "-keyout", "ca.key", "-out", "ca.crt")
    wanted = {mount["secret"]["secretName"] for value in place.objects.values() for mount in identities(value)}
    for name in sorted(wanted):
        who = "operator" if name.endswith("-operator-identity") else f"service/{name.removesuffix('-identity')}"
        (folder / "extensions").write_text(
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
            f"extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=URI:spiffe://{domain}/{who}\n"
        )
        openssl("req", *key, "-subj", "/CN=tests", "-keyout", "tls.key", "-out", "request")
        openssl("x509", "-req", "-in", "request", "-CA", "ca.crt", "-CAkey", "ca.key", "-days", "1", "-extfile",
                "extensions", "-out", "tls.crt")
        files = {file: (folder / file).read_text() for file in ("tls.crt", "tls.key", "ca.crt")}
        place.objects["Secret", name] = {"stringData": files}
    return f"{len(wanted)} made"


def identities(value):
    template = pods(value)
    for volume in template["spec"].get("volumes", []) if template else []:
        if volume["name"] == "identity":
            yield volume


def until(condition, seconds, otherwise):
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends:
            raise Failed(otherwise)
        time.sleep(0.1)


def ask(port, path, data=None, **headers):
    request = urllib.request.Request(f"http://127.0.0.1:{port + MOVED}{path}", data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def probe(deployment, kind):
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    if "tcpSocket" in container[kind]:
        try:
            with socket.create_connection(("127.0.0.1", ports[container[kind]["tcpSocket"]["port"]] + MOVED), 2):
                return True
        except OSError:
            return False
    asked = container[kind]["httpGet"]
    return ask(ports[asked["port"]], asked["path"])[0] == 200


def services(place):
    """Starts all, in no order, and waits as the kubelet does: by their start-up probes."""
    deployments = {name: value for (kind, name), value in place.objects.items() if kind == "Deployment"}
    for name, value in deployments.items():
        place.running[name] = place.start(name, value["spec"]["template"]["spec"])
    for name, value in deployments.items():
        def up(name=name, value=value):
            if place.running[name].poll() is not None:
                raise Failed(f"{name} ends with {place.running[name].returncode}: {place.said(name)[-1500:]}")
            return probe(value, "startupProbe")

        until(up, 120, f"{name} does not start: {place.said(name)[-1500:]}")
        for kind in ("readinessProbe", "livenessProbe"):
            if not probe(value, kind):
                raise Failed(f"{name}: its {kind} fails")
    return f"{len(deployments)} services"


def order(place, said):
    """Somebody signs in and orders, through the gateway."""
    password = re.search(r"ada@example\.com\s+(\S+)", said)
    if password is None:
        raise Failed(f"the seed told no password: {said[-500:]}")
    form = urllib.parse.urlencode({"grant_type": "password", "username": "ada@example.com", "password": password[1]})
    status, text = ask(8080, "/api/identity/v1/token", form.encode())
    if status != 200:
        raise Failed(f"signing in: {status} {text}")
    token = json.loads(text)["access_token"]
    body = json.dumps({"lines": [{"productId": "1", "quantity": 2}]}).encode()
    headers, taken = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}, []

    def ordered():
        # Orders hears of customers by events. A refusal is kept with its key, so each try has another.
        taken.append(ask(8080, "/api/orders/v1/orders", body, **headers, **{"Idempotency-Key": f"first-{len(taken)}"}))
        return taken[-1][0] == 202

    try:
        until(ordered, 30, "")
    except Failed:
        raise Failed(f"ordering: {taken[-1]}") from None
    text = taken[-1][1]
    place.token = token
    path = f"/api/orders/v1/orders/{json.loads(text)['id']}"

    def done():
        found = json.loads(ask(8080, path, Authorization=f"Bearer {token}")[1])
        return found.get("state", found.get("status")) in ("OPEN", "COMPLETED")

    until(done, 30, "the order is not open after 30 s")
    return "an order is open"


def usage(place):
    """Processor seconds of each process."""
    ticks, found = os.sysconf("SC_CLK_TCK"), {}
    for name, process in place.running.items():
        fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        found[name] = (int(fields[11]) + int(fields[12])) / ticks
    return found


def load(place, token, seconds):
    """Eight people who look around and order, one request after the other: what resources were measured by."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    paths = ["/shop", "/api/catalogue/v1/search?q=lamp", "/api/catalogue/v1/products/1", "/api/stock/v1/stocks/1"]
    counts, ends = {}, time.monotonic() + seconds

    def person(number):
        at = 0
        while time.monotonic() < ends:
            at += 1
            if at % 5 == 0:
                body = json.dumps({"lines": [{"productId": "1", "quantity": 1}]}).encode()
                status, _ = ask(8080, "/api/orders/v1/orders", body, **headers, **{"Idempotency-Key": f"load-{number}-{at}"})
            else:
                status, _ = ask(8080, paths[at % len(paths)])
            counts[status] = counts.get(status, 0) + 1

    before, people = usage(place), [threading.Thread(target=person, args=(number,)) for number in range(8)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    used = {name: after - before[name] for name, after in usage(place).items()}
    made = sum(counts.values())
    refused = {status: count for status, count in counts.items() if not 200 <= status < 300}
    lines = [f"{made} requests in {seconds} s, not well answered: {refused or 'none'}"]
    resident = memory(place)
    place.made, place.refused = made, refused
    place.figures = {n: (resident[n], round(used[n] / seconds * 1000)) for n in used}
    lines += [f"  {n:<13} {mib:>4} MiB  {cores:>5} m of a core" for n, (mib, cores) in sorted(place.figures.items())]
    if not made or any(status >= 500 or status == 0 for status in counts):
        raise Failed("\n".join(lines))
    return "\n".join(lines)


def record(place, options):
    """Writes the figures down; of a load that was refused nothing follows."""
    if place.refused:
        raise Failed(f"nothing is written: not all was well answered, {place.refused}")
    return measured.write(ROOT, options.programs.resolve(), options.load, place.made, place.figures)


def drain(place):
    """SIGTERM, as the kubelet sends it: every process ends by itself, within its grace period, with 0."""
    for name, process in place.running.items():
        process.terminate()
    began, slowest = time.monotonic(), 0
    for name, process in place.running.items():
        grace = place.objects["Deployment", name]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
        try:
            code = process.wait(max(0.1, grace - (time.monotonic() - began)))
        except subprocess.TimeoutExpired:
            raise Failed(f"{name} would be killed after {grace} s") from None
        if code != 0:
            raise Failed(f"{name} ends with {code}: {place.said(name)[-800:]}")
        slowest = max(slowest, time.monotonic() - began)
    return f"after {slowest:.1f} s"


def memory(place):
    """Resident memory of each process, in MiB."""
    found = {}
    for name, process in place.running.items():
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        found[name] = int(re.search(r"VmRSS:\s+(\d+)", status)[1]) // 1024
    return found


def main():
    parser = argparse.ArgumentParser(prog="tests/chart/fleet", description=__doc__)
    parser.add_argument("programs", type=pathlib.Path, help="the folder of tradewind and the services' programs")
    parser.add_argument("--load", type=int, default=0, metavar="SECONDS", help="measure what the services use under load")
    parser.add_argument("--record", action="store_true", help="write the figures of --load to deploy/chart/measured.md")
    parser.add_argument("--secured", action="store_true", help="with a certificate for each service")
    parser.add_argument("--keep", type=pathlib.Path, help="a folder that is left for looking into")
    options = parser.parse_args()
    subject = Subject(ROOT)
    values = subject.cases()["dev"] | {"secrets": {"source": "generated", "seed": SEED}}
    if options.secured:
        values["identity"] = {"mode": "existing"}
    plan = list(subject.parsed(subject.render(values)))
    folder = options.keep or pathlib.Path(tempfile.mkdtemp(prefix="tradewind-chart-"))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    place = Place(folder, options.programs.resolve(), plan)
    objects = place.objects
    name = next(name for kind, name in objects if kind == "Job" and name.startswith("provision-"))
    tasks = {n.partition("-")[2]: v["spec"]["jobTemplate"]["spec"]["template"]["spec"] for (k, n), v in objects.items() if k == "CronJob"}
    told = {}
    steps = {
        "database": lambda: place.database(objects["Secret", "postgres-trial"]["stringData"]["admin-password"]),
        "provision": lambda: place.job("provision", objects["Job", name]["spec"]["template"]["spec"]) and "",
        **({"identity": lambda: certificates(place, "tradewind.local")} if options.secured else {}),
        "services": lambda: services(place),
        "seed": lambda: told.update(seed=place.job("task-seed", tasks["seed"])),
        "health": lambda: place.job("task-health", tasks["health"]) and "",
        "order": lambda: order(place, told["seed"]),
        "load": lambda: load(place, place.token, options.load) if options.load else "left out",
        **({"record": lambda: record(place, options)} if options.record else {}),
        "verify": lambda: place.job("task-verify", tasks["verify"]) and "",
        "backup": lambda: place.job("task-backup", tasks["backup"]) and "",
        "memory": lambda: " ".join(f"{n}={mib}" for n, mib in sorted(memory(place).items())),
        "drain": lambda: drain(place),
    }
    try:
        for step, act in steps.items():
            began = time.monotonic()
            try:
                note = act()
            except Failed as failed:
                print(f"{step:<10} {time.monotonic() - began:5.1f} s  FAIL  {failed}")
                return 1
            print(f"{step:<10} {time.monotonic() - began:5.1f} s  PASS  {note or ''}", flush=True)
    finally:
        place.end()
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
