"""The life of a service in a container: its pod's files, its start, its load, and its end."""

import hashlib
import http.client
import json
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import threading
import time

from containers import Failed, now, started_at

WANTED = 0.3
PROBES = ("/startupz", "/readyz", "/livez")
PEOPLE = 8
# What people ask while a service ends: rows of its database, where staff may read some by themselves.
ASKED = {
    "cart": "/api/cart/v1/admin/coupons",
    "catalogue": "/api/catalogue/v1/search?q=lamp",
    "customers": "/api/customers/v1/admin/customers",
    "gateway": "/api/catalogue/v1/search?q=lamp",
    "orders": "/api/orders/v1/admin/orders",
    "payments": "/api/payments/v1/admin/refund-requests",
    "stock": "/api/stock/v1/stocks",
    "storage": "/api/storage/v1/storageservice/products",
}
STAFF = {"Authorization": "Bearer dev-staff-01890000-0000-7000-8000-000000000001"}


class Fleet:
    """All that the containers of a run share: ports, a secret, and who runs."""

    def __init__(self, root, folder, memory, podman):
        chart = root / "deploy/chart/tradewind"
        self.services = json.loads((chart / "files/fleet.json").read_text())["services"]
        self.folder, self.memory, self.podman, self.images = folder, memory, podman, {}
        drain = re.search(r"(?m)^drain:\n((?: .*\n|\n)+)", (chart / "values.yaml").read_text())[1]
        numbers = {key: int(value) for key, value in re.findall(r"(\w+): (\d+)", drain)}
        # A second for lists and DNS, which there are not here; everything else as in the chart.
        self.wait, self.deadline = 1, numbers["deadline"]
        self.grace = numbers["deadline"] + numbers["margin"]
        self.moved = free(sorted(port for each in self.services.values() for port in each["doors"].values()))
        self.routes = folder / "routes"
        shutil.copytree(root / "deploy/routes", self.routes)

    def add(self, service, image):
        self.images[service] = image

    def port(self, service, *kinds):
        doors = self.services[service]["doors"]
        return next(doors[kind] + self.moved for kind in kinds if kind in doors)

    def settings(self, service):
        place = self.services[service]
        lines = [f'doors.{service}.{kind} = "127.0.0.1:{port + self.moved}"' for kind, port in place["doors"].items()]
        lines += [f'peers.{to}.{kind} = "127.0.0.1:{self.port(to, kind)}"' for to, kinds in place["peers"].items() for kind in kinds]
        lines += [f'shutdown.balancer_wait = "{self.wait}s"', f'shutdown.deadline = "{self.deadline}s"',
                  'log.format = "json"', "access.development_tokens = true"]
        if "data-plane" in place["doors"]:
            lines.append(f'{service}.routes = "/etc/tradewind/routes"')
        if service == "storage":
            lines.append('storage.folder = "/var/lib/volume"')
        return "\n".join(lines) + "\n"

    def empty(self, service):
        """The volumes of a pod that begins: empty, and anybody's, as fsGroup makes them. (A tmpfs of podman keeps rights
        that the image has there.)"""
        for name in (service, f"{service}-volume"):
            shutil.rmtree(self.memory / name, ignore_errors=True)
            (self.memory / name).mkdir()
            (self.memory / name).chmod(0o777)

    def create(self, service):
        """A container with the files that a pod would have, for a user whom no image names."""
        user = random.SystemRandom().randrange(100_000, 1_000_000)
        secrets, settings = self.folder / f"{service}-secrets", self.folder / f"{service}-settings"
        secrets.mkdir(), settings.mkdir()
        for key in {"internal-door", *self.services[service]["secrets"]}:
            (secrets / key).write_text(hashlib.sha256(f"tests:{key}".encode()).hexdigest())
            # Root's, and the group's: what fsGroup makes of a secret.
            os.chown(secrets / key, 0, user)
            (secrets / key).chmod(0o440)
        (settings / "tradewind.toml").write_text(self.settings(service))
        volumes = {secrets: ("/var/lib/tradewind/secrets", "ro"), settings: ("/etc/tradewind/settings", "ro")}
        self.empty(service)
        volumes |= {self.memory / service: ("/var/lib/tradewind", "rw"), self.memory / f"{service}-volume": ("/var/lib/volume", "rw")}
        if "data-plane" in self.services[service]["doors"]:
            volumes[self.routes] = ("/etc/tradewind/routes", "ro")
        others = ",".join(sorted(self.services.keys() - {service}))
        given = ["--data=/var/lib/tradewind", "--config=/etc/tradewind/settings/tradewind.toml", f"--beside={others}"]
        self.podman.create(service, self.images[service], user, volumes, given)


def free(ports):
    """How far all of `ports` are moved, so that none is anybody's."""
    for moved in random.SystemRandom().sample(range(10_000, 20_000), 50):
        try:
            for port in ports:
                with socket.socket() as tried:
                    tried.bind(("127.0.0.1", port + moved))
            return moved
        except OSError:
            continue
    raise Failed("no fifty places for the ports of a fleet are free")


def ask(port, path):
    """The status, or 0 where nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def live(fleet, name, starts):
    """All that is measured of an image: name, value, target, whether it is good."""
    if name == "tradewind":
        yield from told(fleet)
        return
    fleet.create(name)
    took = []
    for number in range(starts):
        took.append(start(fleet, name))
        if number + 1 < starts:
            fleet.podman.stop(name, fleet.grace)
            fleet.empty(name)
    middle, slowest = statistics.median(took), max(took)
    yield f"{name}: probes answer after", f"{middle * 1000:.0f} ms", f"< {WANTED * 1000:.0f} ms", middle < WANTED
    yield f"{name}: slowest of {starts} starts", f"{slowest * 1000:.0f} ms", "(told)", True
    answered, errors, ended, code = stopped_under_load(fleet, name)
    yield f"{name}: answered until it ended", str(answered), "> 0", answered > 0
    yield f"{name}: errors among them", str(len(errors)), "0", not errors
    if errors:
        raise Failed(f"the first errors: {errors[:3]}; {fleet.podman.said(name)}")
    yield f"{name}: ends after", f"{ended:.1f} s", f"< {fleet.grace} s", ended < fleet.grace
    yield f"{name}: exit status", str(code), "0", code == 0


def told(fleet):
    """The command line has no probes: it tells its version, with nothing that it may write."""
    fleet.podman.create("tradewind", fleet.images["tradewind"], random.randrange(100_000, 1_000_000), {}, ["--version"])
    fleet.podman.run("start", "tradewind")
    code = int(fleet.podman.run("wait", "tradewind"))
    yield "tradewind: exit status of --version", str(code), "0", code == 0


def start(fleet, name):
    """Seconds from the begin of the process until all probes have answered 200."""
    port, seen, ends, over = fleet.port(name, "internal"), {}, time.monotonic() + 60, threading.Event()

    def watch():
        while len(seen) < len(PROBES) and not over.is_set():
            for probe in PROBES:
                if probe not in seen and ask(port, probe) == 200:
                    seen[probe] = now()
            time.sleep(0.002)

    watching = threading.Thread(target=watch)
    watching.start()
    fleet.podman.run("start", name)
    state = fleet.podman.state(name)
    # Looked at seldom, for that is a process too, and the start is what is measured.
    while watching.is_alive() and time.monotonic() < ends and fleet.podman.runs(name):
        watching.join(1)
    over.set()
    watching.join()
    if len(seen) < len(PROBES):
        missing = ", ".join(probe for probe in PROBES if probe not in seen)
        raise Failed(f"{missing} never answered 200: {fleet.podman.said(name)}")
    return max(seen.values()) - started_at(state["Pid"])


class Load:
    """People who ask one thing after the other, for as long as the service says that it is ready: as Endpoints do."""

    def __init__(self, fleet, name):
        self.name, self.ready, self.answered, self.errors = name, True, 0, []
        self.door, self.internal = fleet.port(name, "public", "data-plane"), fleet.port(name, "internal")
        self.path = ASKED.get(name, "/openapi.json")
        self.threads = [threading.Thread(target=self.person) for _ in range(PEOPLE)]
        self.threads.append(threading.Thread(target=self.watch))
        self.some = threading.Event()
        for thread in self.threads:
            thread.start()

    def watch(self):
        while ask(self.internal, "/readyz") == 200:
            time.sleep(0.02)
        self.ready = False

    def person(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.door, timeout=10)
        while self.ready:
            try:
                connection.request("GET", self.path, headers=STAFF)
                answer = connection.getresponse()
                answer.read()
                # Behind the gateway there is nobody: that it says so is an answer of its own.
                if not 200 <= answer.status < 300 and not (self.name == "gateway" and answer.status in (502, 503)):
                    self.errors.append(answer.status)
                self.answered += 1
                if self.answered > 100:
                    self.some.set()
            except (OSError, http.client.HTTPException) as error:
                self.errors.append(repr(error))
                connection.close()
        connection.close()

    def end(self):
        for thread in self.threads:
            thread.join(30)


def stopped_under_load(fleet, name):
    load = Load(fleet, name)
    if not load.some.wait(30):
        fleet.podman.run("kill", name, check=False)
        load.end()
        raise Failed(f"it does not answer a hundred requests in 30 s: {load.errors[:3]}")
    ended, code = fleet.podman.stop(name, fleet.grace)
    load.end()
    return load.answered, load.errors, ended, code
