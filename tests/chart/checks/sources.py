"""What the chart is driven by is what the program says, and what others find by policy."""

import json
import os
import pathlib
import subprocess
import tempfile

import yaml



def program(root):
    """The program of this build, if there is one: what TRADEWIND names, else in the target folder."""
    named = os.environ.get("TRADEWIND")
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", root / "target"))
    for path in [pathlib.Path(named)] if named else [target / kind / "tradewind" for kind in ("release", "debug")]:
        if path.is_file():
            return path
    return None


def drift(subject, where=None):
    """files/ holds what `tradewind describe --chart` says now, and the documents of deploy/routes."""
    kept, routes = subject.chart / "files/routes", subject.root / "deploy/routes"
    for name in sorted({file.name for folder in (kept, routes) for file in folder.glob("*")}):
        texts = [(folder / name).read_text() if (folder / name).is_file() else None for folder in (kept, routes)]
        if texts[0] != texts[1]:
            yield f"files/routes/{name} is not deploy/routes/{name}"
    found = program(where or subject.root)
    if found is None:
        return
    said = subprocess.run([found, "describe", "--chart"], capture_output=True, text=True, timeout=60, check=False)
    if said.returncode != 0:
        yield f"{found} describe --chart: {said.stderr.strip()}"
    elif json.loads(said.stdout)["services"] != subject.fleet:
        yield "files/fleet.json is not what the program says; run TRADEWIND_BLESS=1 cargo test -p tradewind-contracts chart"


def checkov(subject):
    """checkov on what is rendered: clean, or accepted with a reason; and no reason that nobody needs."""
    accepted = yaml.safe_load((subject.root / "tests/chart/checkov.yaml").read_text()) or []
    used, count = set(), 0
    for case in ("dev", "production"):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "objects.yaml"
            objects = [value for _, value in subject.rendered[case, True]]
            path.write_text(yaml.safe_dump_all(objects, width=1000))
            ran = subprocess.run(
                [os.environ.get("CHECKOV", "checkov"), "-f", path, "--framework", "kubernetes", "-o", "json", "--quiet",
                 "--compact", "--skip-download"],
                capture_output=True, text=True, timeout=400, check=False,
            )
        report = json.loads(ran.stdout)
        report = report[0] if isinstance(report, list) else report
        count += report["summary"]["passed"]
        for failed in report["results"]["failed_checks"]:
            reason = accepts(accepted, failed, used)
            if reason is None:
                yield f"{case}: {failed['check_id']} {failed['check_name']}: {failed['resource']}"
    for number, entry in enumerate(accepted):
        if number not in used:
            yield f"checkov.yaml: {entry['check']} is accepted and never found"
        if len(entry.get("reason", "")) < 20:
            yield f"checkov.yaml: {entry['check']} has no reason"
    if count < 1000:
        yield f"{count} checks passed, which is too few to have been run"


def accepts(accepted, failed, used):
    for number, entry in enumerate(accepted):
        if entry["check"] == failed["check_id"] and entry.get("of", "") in failed["resource"]:
            used.add(number)
            return entry["reason"]
    return None
