"""Children that cannot be left behind, what they cost, and what this machine has."""

import glob
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import time

# Kills the process groups it was told of when its input ends, however the run ended.
GUARD = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
groups = set()
for line in sys.stdin:
    (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass
"""
PACKAGES = {"nginx": "nginx-light", "haproxy": "haproxy", "caddy": "caddy", "wrk": "wrk", "h2load": "nghttp2-client",
            "openssl": "openssl"}
TICKS = os.sysconf("SC_CLK_TCK")


class Lacking(Exception):
    """This machine lacks something that the run needs."""


class Children:
    """Starts processes in groups of their own and ends all of them."""

    def __init__(self, niceness=0):
        self.niceness = niceness
        self.guard = subprocess.Popen([sys.executable, "-c", GUARD], stdin=subprocess.PIPE, text=True,
                                      start_new_session=True)
        self.running = []

    def start(self, command, core=None, **options):
        if core is not None:
            command = ["taskset", "-c", str(core), *command]
        child = subprocess.Popen([str(word) for word in command], start_new_session=True, **options)
        self.tell(f"+{child.pid}")
        if self.niceness:
            os.setpriority(os.PRIO_PGRP, child.pid, self.niceness)
            # Where sessions are scheduled as groups, niceness counts only within one.
            autogroup = pathlib.Path(f"/proc/{child.pid}/autogroup")
            if autogroup.exists():
                autogroup.write_text(str(self.niceness))
        self.running.append(child)
        return child

    def run(self, command, core=None, seconds=60):
        """Runs a program to its end and gives what it printed."""
        child = self.start(command, core, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True)
        try:
            out, err = child.communicate(timeout=seconds)
        finally:
            self.end(child)
        if child.returncode != 0:
            raise RuntimeError(f"{command[0]} ended with {child.returncode}: {err.strip() or out.strip()}")
        return out

    def end(self, child):
        if child in self.running:
            self.running.remove(child)
            for number in (signal.SIGTERM, signal.SIGKILL):
                self.kill(child, number)
                limit = time.monotonic() + 3
                while group(child.pid) and time.monotonic() < limit:
                    child.poll()
                    time.sleep(0.02)
            child.wait()
            self.tell(f"-{child.pid}")

    def kill(self, child, number):
        try:
            os.killpg(child.pid, number)
        except ProcessLookupError:
            pass

    def tell(self, line):
        self.guard.stdin.write(line + "\n")
        self.guard.stdin.flush()

    def close(self):
        for child in list(self.running):
            self.end(child)
        self.guard.stdin.close()
        self.guard.wait()


def group(number):
    """The processes of a process group that have not ended."""
    found = []
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            # The name stands in parentheses and may hold anything; state, parent and group come behind it.
            rest = pathlib.Path(path).read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(rest[2]) == number and rest[0] not in "ZX":
            found.append(int(path.split("/")[2]))
    return found


def cpu_ns(number):
    """Nanoseconds that all threads of a process group have run."""
    total = 0
    for process in group(number):
        for path in glob.glob(f"/proc/{process}/task/*/schedstat"):
            try:
                total += int(pathlib.Path(path).read_text().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                pass
    return total


def user_ns(number):
    """The part of it outside of the kernel, to the tick."""
    fields = [pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split() for process in group(number)]
    return sum(int(stat[11]) for stat in fields) * 1_000_000_000 // TICKS


def memory_mb(number):
    """Resident memory of a process group, and the same with what is shared counted once."""
    resident = proportional = 0
    for process in group(number):
        for line in pathlib.Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            name, _, value = line.partition(":")
            resident += int(value.split()[0]) if name == "Rss" else 0
            proportional += int(value.split()[0]) if name == "Pss" else 0
    return resident / 1024, proportional / 1024


def forget_peak(number):
    """Has the highest resident memory of a process group noted from now on (proc(5), clear_refs)."""
    for process in group(number):
        pathlib.Path(f"/proc/{process}/clear_refs").write_text("5")


def peak_mb(number):
    """The highest resident memory of the processes of a group, each at its own time."""
    peak = 0
    for process in group(number):
        for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
            peak += int(line.split()[1]) if line.startswith("VmHWM:") else 0
    return peak / 1024


def core_times(core):
    """Ticks that a core has been busy, and all ticks."""
    for line in pathlib.Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name == f"cpu{core}":
            ticks = [int(tick) for tick in ticks[:8]]
            return sum(ticks) - ticks[3] - ticks[4], sum(ticks)
    return 0, 0


def free_port():
    """A port that nobody has, and that the system gives to no connection or listener which does not ask for it."""
    first = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in random.sample(range(first - 10_000 if first > 20_000 else 10_000, first), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Lacking("no port is free")


def provide(programs):
    """Installs what is missing from Debian's packages, where that is allowed."""
    missing = [PACKAGES[name] for name in programs if not shutil.which(name)]
    if not missing:
        return
    command = "apt-get install " + " ".join(missing)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Lacking(f"missing here: {' '.join(missing)}. As root: {command}")
    # Packages that bring a server would start it.
    policy = pathlib.Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101 # while the benchmark installs\n")
        policy.chmod(0o755)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        for words in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *missing]):
            subprocess.run(["apt-get", *words], env=environment, stdout=sys.stderr, check=True)
    except subprocess.CalledProcessError as error:
        raise Lacking(f"{command} failed") from error
    finally:
        if ours:
            policy.unlink()


def version(command):
    """The line in which a program says its version."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return next((line for line in lines if any(letter.isdigit() for letter in line)), "unknown")


def machine():
    """What the figures were measured on."""
    models = [line.partition(":")[2].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
              if line.startswith("model name")]
    release = pathlib.Path("/etc/debian_version")
    return {
        "kernel": " ".join(os.uname()[index] for index in (0, 2, 4)),
        "cores": f"{os.cpu_count()} x {models[0] if models else 'unknown'}",
        "debian": release.read_text().strip() if release.exists() else "no",
        "congestion_control": pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip(),
        "load_average": pathlib.Path("/proc/loadavg").read_text().split()[0],
    }
