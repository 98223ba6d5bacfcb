"""`bin/bench proxy`: litefs-proxy against nginx, HAProxy, LiteFS's own proxy and a relay that parses nothing.

Rounds in turns, on two cores; docs/benchmarks.md says what each row means. Exits 1 if a must is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench import load, proxy_memory, proxy_rows, proxy_syscalls, report
from bench.proxy_field import Field
from bench.report import Row
from bench.runs import Runs, measure
from django_litefs.process import find_executable

ROUNDS = 5
SECONDS = 1
CONNECTIONS = (32, 1, 256)
COLUMNS = ("yardstick", "litefs-proxy")


def compare(
    field: Field, rounds: int, seconds: int, cases: Sequence[str], connections: Sequence[int]
) -> tuple[list[Row], Runs]:
    runs = Runs()
    for number in range(rounds):
        for case in cases:
            for at_once in connections:
                for front in field.in_turn(number, case, at_once):
                    runs.add(front.name, case, at_once, measure(front, case, at_once, seconds))
    return proxy_rows.rows(runs, cases), runs


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/bench proxy", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="default %(default)s")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="of each run, default %(default)s")
    parser.add_argument("--case", action="append", choices=list(load.CASES), help="default: all")
    parser.add_argument("--connections", type=int, action="append", help=f"default: {CONNECTIONS}")
    parser.add_argument("--proxy", type=Path, help="another litefs-proxy than the installed one")
    parser.add_argument("--without-litefs", action="store_true", help="where there is no FUSE")
    options = parser.parse_args(arguments)
    begun = time.monotonic()
    program = options.proxy or Path(find_executable("litefs-proxy"))
    cases = options.case or list(load.CASES)
    at_once = options.connections or CONNECTIONS
    with (
        tempfile.TemporaryDirectory(prefix="bench-proxy-") as folder,
        Field(Path(folder), program, litefs=not options.without_litefs) as field,
    ):
        rows, runs = compare(field, options.rounds, options.seconds, cases, at_once)
        rows += proxy_syscalls.rows(field, options.seconds)
        rows += proxy_memory.rows(field)
    method = {
        "rounds": options.rounds,
        "seconds of each run": options.seconds,
        "seconds": round(time.monotonic() - begun, 1),
    }
    print(f"{proxy_rows.beside(runs)}\n\n{report.table(rows, COLUMNS)}\n\n{proxy_rows.absolute(runs)}")
    print(f"\n{method}, kept in {report.save('proxy', rows, method, runs.as_json())}")
    return 1 if any(row.must is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
