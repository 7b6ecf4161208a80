"""Containers by podman and runc, in a storage of their own that is gone afterwards."""

import json
import os
import pathlib
import subprocess
import time


class Failed(Exception):
    """What did not hold."""


class Podman:
    """A storage in `folder`, and whatever runs from it; all of it ends with the block."""

    LIMITS = ["--ulimit=nofile=20000:20000", "--ulimit=nproc=4096:4096"]
    # As the chart has them: nothing may be written, and nothing is allowed.
    SHUT = ["--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--security-opt=no-new-privileges"]

    def __init__(self, folder):
        self.command = ["podman", f"--root={folder}/storage", f"--runroot={folder}/run", f"--tmpdir={folder}/temporary",
                        "--storage-driver=vfs", "--cgroup-manager=cgroupfs", "--runtime=runc", "--events-backend=none"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.run("rm", "--all", "--force", "--time=0", check=False)
        self.run("rmi", "--all", "--force", check=False)

    def run(self, *command, check=True, seconds=120, where=None):
        command = [*self.command, *map(str, command)]
        try:
            ended = subprocess.run(command, cwd=where, capture_output=True, text=True, timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            raise Failed(f"podman {command[len(self.command)]} takes more than {seconds} s") from None
        if check and ended.returncode:
            raise Failed(f"podman {command[len(self.command)]} ends with {ended.returncode}: {ended.stderr.strip()[-800:]}")
        return ended.stdout.strip()

    def pull(self, layout):
        """The id of the image of an OCI layout. The path becomes a name, which may hold no capitals: the last part alone."""
        return self.run("pull", "--quiet", f"oci:{layout.name}", where=layout.parent).splitlines()[-1]

    def create(self, name, image, user, volumes, arguments):
        """`volumes` are folders here to (place in the container, ro or rw)."""
        mounts = [f"--volume={source}:{place}:{kind}" for source, (place, kind) in volumes.items()]
        self.run("create", f"--name={name}", *self.LIMITS, *self.SHUT, f"--user={user}:{user}", "--network=host",
                 "--pull=never", *mounts, image, *arguments)

    def state(self, name):
        return json.loads(self.run("inspect", name))[0]["State"]

    def runs(self, name):
        return self.state(name)["Running"]

    def said(self, name):
        ended = subprocess.run([*self.command, "logs", "--tail=20", name], capture_output=True, text=True, timeout=30)
        return (ended.stdout + ended.stderr)[-1500:]

    def stop(self, name, grace):
        """Seconds from the signal to the end, and the exit status; 137 is a kill after `grace` seconds."""
        began = time.monotonic()
        self.run("stop", f"--time={grace}", name, seconds=grace + 30)
        return time.monotonic() - began, self.state(name)["ExitCode"]


def started_at(pid):
    """When a process began, on the clock of the machine since its boot."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[19]) / os.sysconf("SC_CLK_TCK")


def now():
    return time.clock_gettime(time.CLOCK_BOOTTIME)
