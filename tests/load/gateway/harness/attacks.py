"""Loads that mean harm, or are too much: what others notice of them, and how they end."""

import json
import subprocess
import time

from . import loads
from .scenarios import OURS, Scenario

SLOW = ("idle", "slow-head", "slow-body", "slow-read")
FLOODS = ("rapid-reset", "made-you-reset", "ping", "settings", "empty-data", "continuation", "window-update",
          "priority")
MIB = 64.0


class Attack(Scenario):
    """One proxy after the other is attacked; only the gateway is held to targets."""

    def proxies(self):
        return [name for name in self.options.proxies if name != "direct"]

    def run(self):
        for name in self.proxies():
            proxy = self.rig.start(name, self.variant)
            try:
                self.attack(proxy)
            finally:
                self.rig.end(proxy)
        return self.rows

    def attack(self, proxy):
        raise NotImplementedError

    def figure(self, proxy, name, value, least=None, most=None):
        self.rows.append({"scenario": self.name, "proxy": proxy.name, "figure": name, "value": value})
        name = f"{self.name}_{proxy.name}_{name}".replace("-", "_")
        if proxy.name != OURS or (least is None and most is None):
            self.figures.note(name, value)
        elif least is not None:
            self.figures.at_least(name, value, least)
        else:
            self.figures.at_most(name, value, most)


class SlowClients(Attack):
    """A thousand slow connections of each kind, while others ask at a moderate rate. They come from another address: what
    one address may have is bounded, and others must not be refused for it."""

    def others(self, proxy, seconds):
        return loads.open_loop(self.rig, proxy, seconds, self.options.rate or 2000)

    def attack(self, proxy):
        seconds = self.options.attack_seconds
        alone = self.others(proxy, max(seconds // 4, 2))
        self.figure(proxy, "p99_us_alone", alone["p99_us"])
        for kind in SLOW:
            self.one(proxy, kind, seconds, alone)

    def one(self, proxy, kind, seconds, alone):
        before, ramp = proxy.memory_mb()[0], max(seconds // 6, 1)
        command = [self.rig.options.tools / "attack", "--address", f"127.0.0.1:{proxy.port}", "--mode", kind,
                   "--from", "127.0.0.2", "--connections", "1000", "--seconds", ramp + seconds, "--ramp-seconds", ramp,
                   "--again", "--json"]
        if kind == "slow-body":
            command += ["--path", "/echo"]
        attackers = self.rig.children.start(command, self.rig.options.load_core, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, text=True)
        with loads.Watch(proxy) as watch:
            # All of them are there; that they come at once is another attack.
            time.sleep(ramp)
            during = self.others(proxy, max(seconds - 1, 1))
            found = json.loads(attackers.communicate(timeout=seconds + 30)[0])
        self.rig.children.end(attackers)
        self.figure(proxy, f"{kind}_others_ok_share", during["ok_share"], least=0.999)
        self.figure(proxy, f"{kind}_others_p99_to_alone", during["p99_us"] / max(alone["p99_us"], 1), most=2)
        self.figure(proxy, f"{kind}_mb_more", max(watch.highest - before, 0), most=MIB)
        for name in ("connected", "not_connected", "closed_by_peer", "open_at_end", "closed_after_max_ms"):
            self.figure(proxy, f"{kind}_{name}", found[name])
        loads.settle()


class Floods(Attack):
    """Each flood of HTTP/2 frames, in clear text and with prior knowledge: its sender is closed within a second."""

    def proxies(self):
        # nginx and Caddy know HTTP/2 here only over TLS, and would be right to close for another reason.
        return [name for name in super().proxies() if name not in ("nginx", "caddy")]

    def attack(self, proxy):
        for kind in FLOODS:
            found = loads.attack(self.rig, proxy, kind, 3, "--path", "/")
            closed = found["closed_after_ms"] if found["closed"] else float("inf")
            self.figure(proxy, f"{kind}_closed_after_ms", closed, most=1000)
            self.figure(proxy, f"{kind}_frames", found["frames"])
            self.figure(proxy, f"{kind}_goaway_code", found["goaway_code"])
        proxy.answers(self.headers)
        self.figure(proxy, "mb_after", proxy.memory_mb()[0])


class Overload(Attack):
    """Three times what the upstream can do, then less again; checkouts go on all the while."""

    variant = "overload"
    slots, work_ms, before, after = 8, 8, 5, 10

    def run(self):
        for name in self.proxies():
            # Each has its own: what one has piled up there is not for the next to wait for.
            upstream = self.rig.start_upstream("--slots", str(self.slots))
            try:
                proxy = self.rig.start(name, self.variant, upstream=upstream)
                try:
                    self.attack(proxy)
                finally:
                    self.rig.end(proxy)
            finally:
                self.rig.children.end(upstream.child)
        return self.rows

    def attack(self, proxy):
        path, burst = f"/slow?ms={self.work_ms}", self.options.burst_seconds
        peak = loads.wrk(self.rig, proxy, 2, path, connections=2 * self.slots)["requests_per_second"]
        self.figure(proxy, "peak_per_second", peak)
        steps = f"{peak * 0.8:.0f}x{self.before},{peak * 3:.0f}x{burst},{peak * 0.8:.0f}x{self.after}"
        whole = self.before + burst + self.after
        # Two generators at once: the crowd, and those who pay.
        checkout = self.generator(proxy, f"/checkout{path}", ["--rate", f"{peak * 0.05:.0f}", "--seconds", whole,
                                                              "--seed", "2"])
        crowd = self.generator(proxy, path, ["--steps", steps])
        crowd, checkout = (self.result(child, whole) for child in (crowd, checkout))
        self.during(proxy, peak, (crowd, checkout))
        self.afterwards(proxy, crowd["seconds"][self.before + burst:][:self.after])
        checkouts = checkout["steps"][0]
        self.figure(proxy, "checkout_ok_share", checkouts["ok_share"], least=0.99)
        self.figure(proxy, "checkout_p99_ms", checkouts["ok_p99_us"] / 1000)

    def during(self, proxy, peak, both):
        """The burst. What the crowd and the checkouts got is what the upstream did."""
        burst, (crowd, _) = self.options.burst_seconds, both
        good = sum(row[0] for each in both for row in each["seconds"][self.before:self.before + burst])
        self.figure(proxy, "goodput_to_peak", good / burst / peak, least=0.9)
        step = crowd["steps"][1]
        self.figure(proxy, "good_p99_ms", step["ok_p99_us"] / 1000)
        self.figure(proxy, "refused", step["refused"], least=1)
        self.figure(proxy, "failed_otherwise", step["requests"] - step["ok"] - step["refused"])
        self.figure(proxy, "refused_p50_ms", step["refused_p50_us"] / 1000)
        self.figure(proxy, "refused_p99_ms", step["refused_p99_us"] / 1000, most=5)
        self.figure(proxy, "refused_without_retry_after", step["refused_without_retry_after"], most=0)

    def afterwards(self, proxy, seconds):
        """Each second after the burst."""
        shares = [row[0] / max(sum(row), 1) for row in seconds]
        well = [number for number, share in enumerate(shares) if share >= 0.95]
        self.figure(proxy, "seconds_until_ok", well[0] + 1 if well else float("inf"), most=5)
        late = seconds[5:]
        self.figure(proxy, "ok_share_after_5_s", sum(row[0] for row in late) / max(sum(map(sum, late)), 1), least=0.95)

    def generator(self, proxy, path, words):
        command = [self.rig.options.tools / "open-loop", "--url", proxy.url(path), "--connections", "1024", "--fresh",
                   "--timeout-ms", "1000", "--json", *words]
        return self.rig.children.start(command, self.rig.options.load_core, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, text=True)

    def result(self, child, seconds):
        try:
            return json.loads(child.communicate(timeout=seconds + 30)[0])
        finally:
            self.rig.children.end(child)


ALL = {"slow-clients": SlowClients, "floods": Floods, "overload": Overload}
