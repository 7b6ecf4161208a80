"""What sends requests, and what it found."""

import json
import re
import socket
import subprocess
import time

# Prints what wrk counted, to the microsecond; it has no part in the requests.
DONE = """
done = function(summary, latency, requests)
    local e = summary.errors
    io.write(string.format("DONE %d %d %d %d %d\\n", summary.requests, summary.duration,
        e.connect + e.read + e.write + e.timeout + e.status, latency:percentile(50), latency:percentile(99)))
end
"""


def wrk(rig, proxy, seconds, path="/", connections=64, headers=()):
    """A closed loop: each connection asks again when it was answered."""
    script = rig.folder / "done.lua"
    script.write_text(DONE)
    extra = [word for header in headers for word in ("-H", header)]
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", script, *extra,
               proxy.url(path)]
    try:
        text = rig.children.run(command, rig.options.load_core, seconds + 30)
    except RuntimeError as error:
        raise RuntimeError(f"{proxy.name}: {error}") from error
    found = re.search(r"^DONE (\d+) (\d+) (\d+) (\d+) (\d+)$", text, re.MULTILINE)
    if not found:
        raise RuntimeError(f"wrk said: {text}")
    requests, micros, errors, p50, p99 = (int(value) for value in found.groups())
    return {"requests": requests, "requests_per_second": requests * 1e6 / max(micros, 1), "errors": errors,
            "p50_us": p50, "p99_us": p99}


def h2load(rig, proxy, seconds, connections=16, streams=16):
    """HTTP/2: on each connection so many requests at once."""
    command = ["h2load", "-t1", f"-c{connections}", f"-m{streams}", f"-D{seconds}", proxy.url()]
    text = rig.children.run(command, rig.options.load_core, seconds + 30)
    total = re.search(r"^requests: .* (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", text,
                      re.MULTILINE)
    if not total or "Application protocol: h2" not in text:
        raise RuntimeError(f"h2load said: {text}")
    done, succeeded = int(total[1]), int(total[2])
    # What was on its way when the time was over is counted as failed by some versions; what counts is what is done.
    status = re.search(r"^status codes: (\d+) 2xx", text, re.MULTILINE)
    return {"requests": succeeded, "requests_per_second": succeeded / seconds,
            "errors": done - min(succeeded, int(status[1]))}


def handshakes(rig, proxy, seconds, clients=4):
    """Full handshakes one after the other, by several clients at once, without a request. wrk would resume sessions."""
    command = ["openssl", "s_time", "-connect", f"127.0.0.1:{proxy.port}", "-new", "-tls1_3", "-no-CAfile", "-time",
               seconds]
    began = time.monotonic()
    running = [rig.children.start(command, rig.options.load_core, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True) for _ in range(clients)]
    texts = [child.communicate(timeout=seconds + 30)[0] for child in running]
    elapsed = time.monotonic() - began
    for child in running:
        rig.children.end(child)
    found = [re.search(r"^(\d+) connections in \d+ real seconds", text, re.MULTILINE) for text in texts]
    if not all(found):
        raise RuntimeError(f"openssl s_time said: {texts[0][-300:]}")
    done = sum(int(match[1]) for match in found)
    return {"requests": done, "requests_per_second": done / elapsed,
            "errors": sum(child.returncode != 0 for child in running)}


def open_loop(rig, proxy, seconds, rate, *more):
    """Requests at random moments at a rate; latencies count from those moments."""
    command = [rig.options.tools / "open-loop", "--url", proxy.url(), "--rate", f"{rate:.0f}", "--seconds", seconds,
               "--warm-up", "0.5", "--json", *more]
    step = json.loads(rig.children.run(command, rig.options.load_core, seconds + 30))["steps"][0]
    # The warm-up costs the proxy as much for each request; those that are not counted here are added.
    return {"requests": step["requests"] + rate * 0.5, "requests_per_second": step["ok_per_second"],
            "errors": step["requests"] - step["ok"], "p50_us": step["ok_p50_us"], "p99_us": step["ok_p99_us"],
            "ok_share": step["ok_share"]}


def attack(rig, proxy, mode, seconds, *more):
    """What the attacked did with it."""
    command = [rig.options.tools / "attack", "--address", f"127.0.0.1:{proxy.port}", "--mode", mode, "--seconds",
               seconds, "--json", *more]
    return json.loads(rig.children.run(command, rig.options.load_core, seconds + 30))


class Held:
    """Connections that were each used once and stay open."""

    def __init__(self, proxy, count):
        self.sockets = []
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", proxy.port), timeout=10)
            self.sockets.append(connection)
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.answer(connection)

    @staticmethod
    def answer(connection):
        """Reads one answer of the canned upstream, which says its length."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += Held.some(connection)
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)[1])
        while len(body) < length:
            body += Held.some(connection)

    @staticmethod
    def some(connection):
        data = connection.recv(65536)
        if not data:
            raise ConnectionError("a connection that should stay open was closed")
        return data

    def close(self):
        for connection in self.sockets:
            connection.close()


class Watch:
    """The highest memory that a proxy has while something runs, as the system notes it: looking again and again would
    take the time of those who are measured."""

    def __init__(self, proxy):
        self.proxy, self.highest = proxy, 0.0

    def __enter__(self):
        self.proxy.forget_peak()
        return self

    def __exit__(self, *_):
        self.highest = self.proxy.peak_mb()


def settle(seconds=0.2):
    """What a load left behind comes to rest."""
    time.sleep(seconds)
