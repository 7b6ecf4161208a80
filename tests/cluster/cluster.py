"""A cluster, by kubectl and helm: what is asked of it, each with a deadline."""

import json
import os
import subprocess
import time


class Failed(Exception):
    """What did not hold, or what could not be asked."""


class LeftOut(Exception):
    """What this cluster cannot show, and why."""


class Cluster:
    def __init__(self, options):
        self.namespace, self.release, self.patience = options.namespace, "shop", options.patience
        self.environment = os.environ | {"KUBECONFIG": str(options.kubeconfig)}

    def run(self, *command, seconds=60):
        """What a program says. One that fails, or takes too long, is told with its words."""
        command = [str(part) for part in command]
        limit = max(10, seconds * self.patience + 10)
        try:
            ended = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=limit, check=False)
        except subprocess.TimeoutExpired:
            raise Failed(f"`{' '.join(command[:4])}` takes more than {limit:.0f} s") from None
        if ended.returncode:
            said = (ended.stderr or ended.stdout).strip().splitlines()
            raise Failed(f"`{' '.join(command[:4])}` ends with {ended.returncode}: {' '.join(said[-3:])}")
        return ended.stdout

    def at_most(self, seconds):
        """How long a program is told to wait."""
        return f"--timeout={max(1, int(seconds * self.patience))}s"

    def kubectl(self, *command, seconds=60):
        return self.run("kubectl", "--namespace", self.namespace, *command, seconds=seconds)

    def helm(self, *command, seconds=600):
        return self.run("helm", "--namespace", self.namespace, *command, self.at_most(seconds), seconds=seconds)

    def get(self, *what):
        return json.loads(self.kubectl("get", *what, "--output=json"))

    def until(self, condition, seconds, otherwise):
        """What `condition` gives, once it gives something. Asked again and again, since kubectl waits for few things."""
        ends = time.monotonic() + seconds * self.patience
        while not (found := condition()):
            if time.monotonic() > ends:
                raise Failed(otherwise)
            time.sleep(min(1, self.patience))
        return found

    def available(self, seconds=600):
        self.kubectl("wait", "--for=condition=Available", self.at_most(seconds), "deployment", "--all", seconds=seconds)

    def deployments(self):
        return sorted(each["metadata"]["name"] for each in self.get("deployments")["items"])

    def pods(self, service):
        """Pods of a service that run and are not about to end."""
        items = self.get("pods", f"--selector=app.kubernetes.io/name={service}")["items"]
        return [each for each in items if "deletionTimestamp" not in each["metadata"]]

    def task(self, task, name, seconds=300):
        """Runs a task of the chart as a job, to its end; gives what it said."""
        self.kubectl("create", "job", f"--from=cronjob/{self.release}-{task}", name)

        def ended():
            status = self.get("job", name).get("status", {})
            return {"status": status} if status.get("succeeded") or status.get("failed") else None

        status = self.until(ended, seconds, f"the job {name} does not end in {seconds} s")["status"]
        said = self.kubectl("logs", f"job/{name}")
        if status.get("failed"):
            raise Failed(f"the job {name} fails: {' '.join(said.strip().splitlines()[-3:])}")
        return said
