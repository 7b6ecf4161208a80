"""What is measured, and what is reached for."""

import resource
import time

from . import loads, system
from .figures import paired, quartiles, ratio_table, table

BASE = "nginx"
OURS = "tradewind"
# Buffered access logs are written after a second at most.
LOG_REST = 1.2
# Cores that other things may use, in the middle of all rounds.
MOST_OTHERS = 0.1


class Scenario:
    """One load on all proxies in turns. What is reached for is a ratio to nginx in the same round."""

    variant, path, headers = "plain", "/", ()
    # Key, whether more is better, what is reached for, and the same once the own HTTP/1 front is there.
    targets = ()

    def __init__(self, name, rig, options, figures):
        self.name, self.rig, self.options, self.figures = name, rig, options, figures
        self.rows = []

    def load(self, proxy, seconds):
        return loads.wrk(self.rig, proxy, seconds, self.path, self.options.connections, self.headers)

    def proxies(self):
        return list(self.options.proxies)

    def run(self):
        running = []
        try:
            for name in self.proxies():
                try:
                    running.append(self.rig.start(name, self.variant, self.headers))
                except RuntimeError as error:
                    # The others are worth measuring all the same.
                    self.figures.failure(f"{self.name}_{name}", error)
            self.prepare(running)
            for number in range(self.options.rounds):
                # Who comes first changes, so that nobody always follows the same one.
                turn = number % len(running)
                for proxy in running[turn:] + running[:turn]:
                    row = {"scenario": self.name, "round": number, "proxy": proxy.name}
                    self.rows.append(row | self.measure(proxy))
        finally:
            for proxy in running:
                self.rig.end(proxy)
        self.report()
        return self.rows

    def prepare(self, running):
        """Connections to the upstream, caches and memory as they will be."""
        for proxy in running:
            self.load(proxy, 1)

    def measure(self, proxy):
        loads.settle()
        begun = Moment(self.rig, proxy)
        row = self.load(proxy, self.options.seconds)
        return row | Moment(self.rig, proxy).since(begun, row["requests"])

    def report(self):
        names = [name for name in self.proxies() if any(row["proxy"] == name for row in self.rows)]
        table(self.name, self.rows, names)
        others = quartiles([row["others_busy"] for row in self.rows])[1] if self.rows else 0
        if others > MOST_OTHERS:
            print(f"# {self.name}: other things have used {others:.2f} cores meanwhile, so the figures say little\n")
        for name in names:
            errors = sum(row.get("errors", 0) for row in self.rows if row["proxy"] == name)
            # What another proxy does wrong is worth knowing, and no failure of ours.
            if name in (OURS, "direct"):
                self.figures.none_of(f"{self.name}_{name}_errors", errors)
            elif errors:
                self.figures.note(f"{self.name}_{name}_errors", errors)
        if BASE in names:
            ratio_table(self.name, self.rows, [name for name in names if name != BASE], BASE)
            self.targets_met()

    def targets_met(self):
        """Says of the gateway how it compares; the others are in the tables."""
        targets = {key: (more, target) for key, more, *target in self.targets}
        for key in ("requests_per_second", "cpu_us", "p50_us", "p99_us"):
            ratios = paired(self.rows, OURS, BASE, key)
            if not ratios:
                continue
            low, middle, high = quartiles(ratios)
            figure = f"{self.name}_{key}_to_{BASE}"
            if key in targets:
                more, target = targets[key]
                target = target[-1] if self.options.fast_front else target[0]
                (self.figures.at_least if more else self.figures.at_most)(figure, middle, target)
            else:
                self.figures.note(figure, middle)
            self.figures.note(f"{figure}_lower_quartile", low)
            self.figures.note(f"{figure}_upper_quartile", high)


class Moment:
    """What had been used up to a moment."""

    def __init__(self, rig, proxy):
        options = rig.options
        self.proxy = proxy
        self.time = time.monotonic()
        self.cpu, self.user = proxy.cpu_ns(), proxy.user_ns()
        self.busy = [system.core_times(core)[0] for core in (options.load_core, options.proxy_core)]
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        # The generator is a child that has ended.
        upstream = 0 if proxy is rig.upstream else rig.upstream.cpu_ns()
        self.ours = self.cpu / 1e9 + upstream / 1e9 + sum(each.ru_utime + each.ru_stime for each in used)

    def since(self, begun, requests):
        """What a load of so many requests has cost."""
        seconds, ticks = self.time - begun.time, system.TICKS
        busy = [(end - begin) / ticks for end, begin in zip(self.busy, begun.busy)]
        row = {"cpu_us": (self.cpu - begun.cpu) / 1000 / max(requests, 1),
               "user_us": (self.user - begun.user) / 1000 / max(requests, 1),
               "load_core_busy": busy[0] / seconds, "proxy_core_busy": busy[1] / seconds,
               "others_busy": max(sum(busy) - (self.ours - begun.ours), 0) / seconds}
        row["rss_mb"], row["pss_mb"] = self.proxy.memory_mb()
        return row


class Plain(Scenario):
    """HTTP/1.1 in clear text, 1,024 bytes of JSON."""

    targets = (("requests_per_second", True, 1.15, 1.25),)


class Features(Scenario):
    """The same with log, limit and request id; the gateway checks a token and counts by route as well."""

    variant = "features"
    targets = (("requests_per_second", True, 1.15, 1.3),)

    def __init__(self, *words):
        super().__init__(*words)
        # Everybody gets the token and a trace, whoever looks at them.
        self.headers = (f"Authorization: Bearer {self.rig.keys.token}",
                        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")

    def proxies(self):
        return [name for name in self.options.proxies if name != "direct"]

    def prepare(self, running):
        for proxy in running:
            # A gateway that does not look at tokens would win this easily.
            if proxy.name == OURS:
                self.figures.none_of(f"{self.name}_answers_without_a_token", proxy.answers_ok(()))
        super().prepare(running)

    def measure(self, proxy):
        time.sleep(LOG_REST)
        proxy.lines_logged()
        row = super().measure(proxy)
        time.sleep(LOG_REST)
        return row | {"logged": proxy.lines_logged() / max(row["requests"], 1)}

    def targets_met(self):
        super().targets_met()
        least = [row["logged"] for row in self.rows if row["proxy"] == OURS]
        if least:
            # A line that is not written would be speed that nobody has.
            self.figures.all_of(f"{self.name}_lines_logged_for_each_request", min(least))


class Https(Scenario):
    """TLS 1.3, connections that are kept."""

    variant = "tls"
    targets = (("requests_per_second", True, 1.2),)

    def proxies(self):
        return [name for name in self.options.proxies if name != "direct"]


class Handshake(Https):
    """Full handshakes, without a request."""

    targets = (("cpu_us", False, 0.5),)

    def load(self, proxy, seconds):
        return loads.handshakes(self.rig, proxy, seconds)


class Http2(Https):
    """HTTP/2 over TLS, 16 connections with 16 streams each."""

    targets = (("requests_per_second", True, 1.0),)

    def load(self, proxy, seconds):
        return loads.h2load(self.rig, proxy, seconds)


class Big(Scenario):
    """Answers of 64 KiB, against proxies with buffers for them."""

    variant, path = "big", "/big"
    targets = (("requests_per_second", True, 1.0),)


class HalfLoad(Scenario):
    """Requests at random moments at half of what nginx can do."""

    targets = (("p99_us", False, 1.0),)
    rate = None

    def prepare(self, running):
        capacity = {}
        for proxy in running:
            loads.wrk(self.rig, proxy, 1)
            capacity[proxy.name] = loads.wrk(self.rig, proxy, 2)["requests_per_second"]
        self.rate = self.options.rate or capacity.get(BASE, min(capacity.values())) / 2
        self.figures.note(f"{self.name}_requests_per_second_sent", self.rate)
        # The gateway stays, whatever it can do.
        slow = [proxy for proxy in running if capacity[proxy.name] < self.rate * 1.2 and proxy.name not in (BASE, OURS)]
        for proxy in slow:
            print(f"{self.name}: {proxy.name} is left out, as it can do {capacity[proxy.name]:,.0f} a second")
            running.remove(proxy)
            self.rig.end(proxy)

    def load(self, proxy, seconds):
        return loads.open_loop(self.rig, proxy, seconds, self.rate)


class Memory(Scenario):
    """Resident memory with 1,000 connections, at rest after one request each, and at work."""

    most_mb = 20.0

    def proxies(self):
        return [name for name in self.options.proxies if name != "direct"]

    def run(self):
        for number in range(min(self.options.rounds, 3)):
            for name in self.proxies():
                proxy = self.rig.start(name, self.variant)
                try:
                    row = {"scenario": self.name, "round": number, "proxy": name}
                    self.rows.append(row | self.one(proxy))
                finally:
                    self.rig.end(proxy)
        self.report()
        return self.rows

    def one(self, proxy):
        row = {"start_mb": proxy.memory_mb()[0]}
        held = loads.Held(proxy, 1000)
        # They are to be connections at rest.
        loads.settle(2)
        row["rss_mb"], row["pss_mb"] = proxy.memory_mb()
        held.close()
        with loads.Watch(proxy) as watch:
            row["errors"] = loads.wrk(self.rig, proxy, self.options.seconds, connections=1000)["errors"]
        row["busy_mb"] = watch.highest
        return row

    def report(self):
        table(self.name, self.rows, self.proxies())
        for name in self.proxies():
            rows = [row for row in self.rows if row["proxy"] == name]
            middle = {key: quartiles([row[key] for row in rows])[1] for key in ("start_mb", "rss_mb", "busy_mb")}
            at_rest = f"{self.name}_{name}_mb_at_1000_connections"
            if name == OURS:
                self.figures.at_most(at_rest, middle["rss_mb"], self.most_mb)
            else:
                self.figures.note(at_rest, middle["rss_mb"])
            self.figures.note(f"{self.name}_{name}_mb_at_start", middle["start_mb"])
            self.figures.note(f"{self.name}_{name}_mb_at_1000_busy_connections", middle["busy_mb"])


ALL = {"plain": Plain, "features": Features, "https": Https, "handshake": Handshake, "http2": Http2, "big": Big,
       "half-load": HalfLoad, "memory": Memory}
