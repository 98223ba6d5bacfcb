"""`bin/bench backend`: our database backend against Django's own, on real LiteFS and on a plain file.

Rounds in turns, each with fresh processes; docs/benchmarks.md says what each row means. Exits 1 if a must is missed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench import beside, report
from bench.comparison import ROLLBACK, Comparison
from bench.litefs_pair import LitefsPair
from bench.report import Goal, Row

ROUNDS = 5
NO_DEARER = Goal(1.02, 1.00)
EQUAL = "plain file, equal pragmas"

# place, work, the line of the table, goal
LINES: list[tuple[str, str, str, Goal | None]] = [
    ("primary", "write", "primary: one write transaction", Goal(0.25, 0.12)),
    ("primary", "save", "primary: save() in autocommit", None),
    ("primary", "read", "primary: point read in autocommit", None),
    ("primary", "request", "primary: request with 10 point reads", None),
    ("primary", "connect", "primary: connect, read, close", None),
    ("replica", "request", "replica: request with 10 point reads", Goal(0.35, 0.20)),
    ("replica", "read", "replica: point read in autocommit", None),
    ("replica", "get", "replica: objects.get() in autocommit", None),
    ("replica", "reads in a transaction", "replica: 10 point reads in a transaction", None),
    ("replica", "connect", "replica: connect, read, close", None),
    ("plain", "request", "plain file: request with 10 point reads", NO_DEARER),
    ("plain", "write", "plain file: one write transaction", NO_DEARER),
    ("plain", "connect", "plain file: connect, read, close", None),
    ("in turns", "reads", f"{EQUAL}: 10 point reads", NO_DEARER),
    ("in turns", "reads in a transaction", f"{EQUAL}: the same in a transaction", NO_DEARER),
    ("in turns", "get", f"{EQUAL}: objects.get()", NO_DEARER),
    ("in turns", "write", f"{EQUAL}: one write transaction", NO_DEARER),
    ("in turns", "save", f"{EQUAL}: save() in autocommit", NO_DEARER),
]
AS_MADE = "against a database that Django made (rollback journal)"
AGAINST_ROLLBACK: list[tuple[str, str, str, Goal | None]] = [
    ("primary", "write", f"primary: one write transaction, {AS_MADE}", Goal(0.25, 0.12)),
    ("primary", "request", "primary: request with 10 point reads, the same", None),
    ("replica", "request", "replica: request with 10 point reads, the same", Goal(0.35, 0.20)),
    ("replica", "read", "replica: point read in autocommit, the same", None),
]


def measure(rounds: int, part: float, data: str | None = None) -> tuple[list[Row], Comparison]:
    """`part` of the usual number of calls."""
    with tempfile.TemporaryDirectory(prefix="bench-plain-") as plain, LitefsPair(data) as pair:
        comparison = Comparison(pair, Path(plain), part)
        comparison.prepare()
        for number in range(rounds):
            comparison.round(number)
        rows = [comparison.row(*line) for line in LINES]
        rows += [comparison.row(*line, against=ROLLBACK) for line in AGAINST_ROLLBACK]
        rows.append(beside.proof_of_commit(pair, times=max(2, round(300 * part))))
        rows += beside.reads_beside_a_writer(pair, seconds=3.0 * part)
        rows.append(beside.deaths_on_the_replica(pair, processes=3, requests=round(500 * part)))
    return rows, comparison


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/bench backend", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="default %(default)s")
    parser.add_argument("--part", type=float, default=1.0, help="of the usual number of calls")
    parser.add_argument("--data", help="folder for LiteFS's data, e.g. /dev/shm to leave the disk out")
    options = parser.parse_args(arguments)
    begun = time.monotonic()
    rows, comparison = measure(options.rounds, options.part, options.data)
    method = {**vars(options), "nice": os.nice(0), "seconds": round(time.monotonic() - begun, 1)}
    print(report.table(rows))
    print(f"\n{method}, kept in {report.save('backend', rows, method, comparison.as_json())}")
    return 1 if any(row.must is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
