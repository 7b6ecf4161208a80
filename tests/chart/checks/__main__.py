"""Runs the checks, or proves that each of them finds what was planted for it."""

import argparse
import pathlib
import shutil
import sys
import time

from . import images, measured, monitoring, rendering, schemas, sources, workloads
from .prove import prove
from .subject import Subject

ROOT = pathlib.Path(__file__).resolve().parents[3]

CHECKS = {
    "lint": rendering.lint,
    "render": rendering.render,
    "refusals": rendering.refusals,
    **{f"kubernetes-{version}": schemas.kubernetes(version) for version in schemas.VERSIONS},
    "routes": schemas.routes,
    "operators": schemas.further,
    "pods": workloads.security,
    "lives": workloads.lives,
    "network": workloads.network,
    "slices": workloads.slices,
    "secrets": workloads.secrets,
    "images": images.images,
    "requests": measured.check,
    "drift": sources.drift,
    "metrics": monitoring.metrics,
    "dashboards": monitoring.boards,
    "runbooks": monitoring.runbooks,
    "alerts-valid": monitoring.valid,
    "alerts-tested": monitoring.tested,
    "checkov": sources.checkov,
}
# How many problems of a check are told.
SHOWN = 12


def main():
    parser = argparse.ArgumentParser(prog="tests/chart/run", add_help=False)
    parser.add_argument("--prove", action="store_true")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("checks", nargs="*")
    options = parser.parse_args()
    unknown = [name for name in options.checks if name not in CHECKS]
    if unknown:
        print(f"tests/chart/run: there is no check {unknown[0]}; there are {' '.join(CHECKS)}", file=sys.stderr)
        return 2
    chosen = options.checks or [name for name in CHECKS if not (options.short and name == "checkov")]
    if options.prove:
        return prove(ROOT, {name: CHECKS[name] for name in chosen})
    if "alerts-valid" in chosen and not shutil.which("promtool"):
        print("tests/chart/run: promtool is missing", file=sys.stderr)
        return 2
    subject, failed = Subject(ROOT), 0
    for name in chosen:
        began = time.monotonic()
        problems = list(CHECKS[name](subject))
        failed += bool(problems)
        verdict = f"FAIL ({len(problems)})" if problems else "PASS"
        print(f"{name:<16} {time.monotonic() - began:5.1f} s  {verdict}", flush=True)
        for problem in problems[:SHOWN]:
            print(f"    {problem}")
        if len(problems) > SHOWN:
            print(f"    and {len(problems) - SHOWN} more")
    print(f"\n{len(chosen) - failed} of {len(chosen)} checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
