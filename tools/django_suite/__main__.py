"""bin/test-django: for each Django version and place, Django's tests with both backends. Exit 0: no difference that
is not declared in `features.py`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tests.python.litefs_node import available
from tools.django_suite import environment, labels
from tools.django_suite.compare import compare, confirmed
from tools.django_suite.run import OURS, PLACES, STOCK, Outcome, RunError, run

ROW = "{:<8} {:<16} {:>7} {:>7} {:>9} {:>9} {:>9} {:>7}"


def main() -> int:
    options = arguments()
    versions = environment.versions()
    show("Django", "run", "ran", "failed", "only ours", "declared", "skipped", "time")
    good = True
    for series in options.django or versions:
        version = versions[series]
        chosen = options.labels or labels.database_facing(environment.tests_of(version))
        stock: dict[str, Outcome] = {}
        for place in options.place or PLACES:
            # On LiteFS the measure is Django's backend on a plain file.
            beside = "file" if place == "litefs" else place
            try:
                if beside not in stock:
                    stock[beside] = run(version, STOCK, beside, chosen, options.parallel)
                    show_run(version, f"sqlite3, {beside}", stock[beside], "-", "-")
                good &= compared(version, place, chosen, stock[beside], options.parallel)
            except RunError as error:
                print(error, flush=True)
                good = False
    return 0 if good else 1


def compared(version: str, place: str, chosen: Sequence[str], stock: Outcome, processes: int) -> bool:
    """Runs ours, shows every difference. False if there is one that is not declared."""
    if place == "litefs" and not available():
        print(f"{version}: LiteFS needs root, /dev/fuse and bin/setup", flush=True)
        return False
    ours = run(version, OURS, place, chosen, 1 if place == "litefs" else processes)
    difference = compare(ours, stock)
    failed = confirmed(difference.failed, version, place)
    show_run(version, f"ours, {place}", ours, len(failed), len(difference.declared))
    for title, tests in {
        "fails only with ours": failed,
        "failed once, passed when run again": sorted(set(difference.failed) - set(failed)),
        "declared": difference.declared,
        "skipped only with ours": difference.skipped,
    }.items():
        for test in tests:
            print(f"  {title}: {test}", flush=True)
    if difference.missing:
        print(f"  {difference.missing} tests did not run with ours", flush=True)
    return not (failed or difference.skipped or difference.missing)


def show_run(version: str, which: str, outcome: Outcome, *differences: object) -> None:
    counts = (outcome.ran, len(outcome.failed), *differences, len(outcome.skipped))
    show(version, which, *counts, f"{outcome.seconds:.0f} s")


def show(*cells: object) -> None:
    print(ROW.format(*map(str, cells)), flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/test-django", description=__doc__)
    parser.add_argument(
        "--django", action="append", choices=sorted(environment.versions()), help="default: all"
    )
    parser.add_argument("--place", action="append", choices=PLACES, help="default: all")
    parser.add_argument("--parallel", type=int, default=1, help="processes, except on LiteFS (default: 1)")
    parser.add_argument("labels", nargs="*", help="as of runtests.py; default: the database-facing folders")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
