"""What `bin/drill` runs; exit 0 only if every case was right."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from . import children, deploys, handoffs, kills, starts, stops
from .table import Table

DRILLS: dict[str, tuple[str, Callable[[int], Table]]] = {
    "starts": ("every order of starting three nodes after a full stop", starts.drill),
    "joins": ("a fourth, empty node joins under load, and is never primary while empty", starts.drill_join),
    "kills": ("kill -9 of the primary's LiteFS under load", kills.drill),
    "handoffs": ("20 planned handoffs in a row under load", handoffs.drill),
    "children": ("each child killed in each phase of start and stop", children.drill),
    "stops": ("SIGTERM of the primary as PID 1 of a PID namespace, under load", stops.drill),
    "deploys": ("rolling deploys: a schema change, its rollback, a migration that fails", deploys.drill),
}


def main() -> int:
    names = "\n".join(f"  {name:10} {what}" for name, (what, _) in DRILLS.items())
    parser = argparse.ArgumentParser(
        prog="bin/drill", description=__doc__, epilog=f"drills:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("drill", nargs="*", metavar="NAME", help="which ones (default: all)")
    parser.add_argument("--times", type=int, default=0, help="repetitions, where a drill repeats")
    options = parser.parse_args()
    if unknown := [name for name in options.drill if name not in DRILLS]:
        parser.error(f"no such drill: {', '.join(unknown)}")
    wrong: list[str] = []
    for name in options.drill or DRILLS:
        wrong += [f"{name}: {case}" for case in DRILLS[name][1](options.times).wrong]
    sys.stdout.write(f"\nwrong: {wrong}\n" if wrong else "\nall as it should be\n")
    return 1 if wrong else 0


sys.exit(main())
