"""Requests follow from what was measured: deploy/chart/measured.md holds the figures, and here is the rule."""

import os
import pathlib
import platform
import re
import subprocess
import time

FILE = "deploy/chart/measured.md"
STEP_MEMORY, STEP_CORES = 64, 50
# Whoever waits, waits for the gateway: it asks for half as much again as it took, others for a half of it.
SHARE = {"gateway": 1.5}
# Signing in is a tenth of a second of one core for a hash, and no part of the load.
LEAST_CORES = {"accounts": 100}
# Two passwords at once, 19 MiB each, are kept once taken; whoever measures signs in once.
LEAST_MEMORY = {"accounts": 128}
ROW = re.compile(r"\| ([a-z-]+) \| (\d+) MiB \| (\d+) m \| (\d+)Mi, (\d+)m \|")


def requested(service, resident, cores):
    """Mebibytes and thousandths of a core that a service asks for."""
    memory = max(steps(resident * 1.5, STEP_MEMORY), LEAST_MEMORY.get(service, 0))
    return memory, max(steps(cores * SHARE.get(service, 0.5), STEP_CORES), LEAST_CORES.get(service, 0))


def steps(value, step):
    """Up to the next step, and never nothing."""
    return max(1, -int(-value // step)) * step


def check(subject):
    """The table follows from its own figures, values.yaml from the table, and every service stands in it."""
    text = (subject.root / FILE).read_text()
    rows = {row[0]: [int(each) for each in row[1:]] for row in ROW.findall(text)}
    yield from (f"{FILE}: no row of {name}" for name in sorted(subject.fleet.keys() - rows.keys()))
    yield from (f"{FILE}: {name} is no service" for name in sorted(rows.keys() - subject.fleet.keys()))
    for name, (resident, cores, *said) in sorted(rows.items()):
        memory, share = requested(name, resident, cores)
        if said != [memory, share]:
            yield f"{FILE}: {name}: {resident} MiB and {cores} m make {memory}Mi, {share}m"
        own = subject.defaults["services"].get(name, {}).get("resources", {}).get("requests", {})
        given = subject.defaults["defaults"]["resources"]["requests"] | own
        if given != {"cpu": f"{share}m", "memory": f"{memory}Mi"}:
            yield f"values.yaml: {name} requests {given['cpu']} and {given['memory']}, and was measured as {share}m, {memory}Mi"


def version(command):
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def kind(programs):
    """What was measured: how it was built, as far as that can be seen."""
    header = version(["readelf", "--program-headers", "--section-headers", str(programs / "tradewind-orders")])
    made = {"image": "programs of the images (for size)", "release": "release", "dist": "release with link-time optimisation",
            "debug": "development build, which takes more of a core than a release"}.get(programs.name, "of some build")
    return f"{made}, {'with shared libraries (glibc)' if 'INTERP' in header else 'static (musl, mimalloc)'}"


def write(root, programs, seconds, made, figures):
    """The document; `figures` are service to (MiB, thousandths of a core)."""
    rows = []
    for name, (resident, cores) in sorted(figures.items()):
        memory, share = requested(name, resident, cores)
        rows.append(f"| {name} | {resident} MiB | {cores} m | {memory}Mi, {share}m |")
    path = pathlib.Path(root) / FILE
    text = path.read_text()
    head, tail = text.index("<!-- measured -->"), text.index("<!-- end -->")
    lines = [
        "<!-- measured -->", "",
        f"| when | {time.strftime('%Y-%m-%d')} |", "|---|---|",
        f"| revision of the chart | {version(['git', '-C', str(root), 'rev-parse', '--short=12', 'HEAD'])} |",
        f"| programs | {kind(programs)} |",
        f"| machine | {os.cpu_count()} cores, {platform.system()} {platform.release()}, {platform.machine()}; "
        f"{os.getloadavg()[0]:.1f} processes wanted one at the end |",
        f"| load | {made} requests in {seconds} s ({made / seconds:.0f}/s), none badly answered, a fifth of them orders |", "",
        f"| service | resident memory | cores at {made / seconds:.0f} requests/s | request in `values.yaml` |",
        "|---|---|---|---|", *rows, "", "",
    ]
    path.write_text(text[:head] + "\n".join(lines) + text[tail:])
    return f"written to {FILE}"
