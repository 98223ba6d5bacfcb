"""How fast a write arrives on a replica that is being read, with the read gate and without it.

`python -m bench.replication` alone, or as rows of `bin/bench backend`. The columns are "gate off" and "gate on".
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any

from bench import report, worker
from bench.gated_pair import PROCESSES, STARTED_S, GatedPair
from bench.replica_reads import Reads
from bench.report import Goal, Row

SECONDS = 30.0
READ_S, GAP_S = 0.010, 0.002

# work, its arguments, what it is, goals of p50 and slowest in ms, goal of the time for a read against gate off
Line = tuple[str, dict[str, float], str, Goal, Goal, Goal | None]
LINES: list[Line] = [
    (
        "transactions",
        {"each": READ_S, "pause": GAP_S},
        f"{PROCESSES} processes of {READ_S * 1e3:g} ms reads, {GAP_S * 1e3:g} ms gaps",
        Goal(25, 15, of="ours"),
        Goal(150, 60, of="ours"),
        None,
    ),
    (
        "flat_out",
        {},
        f"{PROCESSES} processes of autocommit reads without a pause",
        Goal(6, 3, of="ours"),
        Goal(40, 20, of="ours"),
        Goal(1 / 0.85, 1 / 0.95),
    ),
]


def measure(seconds: float) -> tuple[list[Row], dict[str, Any]]:
    found: dict[bool, list[tuple[Any, Any]]] = {}
    with GatedPair() as gated:
        for gate in (False, True):
            gated.use(read_gate=gate)
            found[gate] = [gated.arrivals_under(work, seconds, **given) for work, given, *_ in LINES]
        counted = gated.gate()
        longest = longest_read_of_an_orphan(gated, seconds)
    rows = []
    for line, off, on in zip(LINES, found[False], found[True], strict=True):
        rows += _rows(line, off, on)
    goal = Goal(100, of="ours")
    rows.append(
        Row("replica: litefs-proxy killed under these: longest wait", "ms", None, longest * 1e3, None, goal)
    )
    return rows, {"off": found[False], "on": found[True], "gate": counted}


def longest_read_of_an_orphan(gated: GatedPair, seconds: float) -> float:
    """Seconds that a read took beyond its own time, when litefs-proxy is killed while the gate works."""
    part = min(seconds, 10.0)
    given = {"hold": 0.0, "pause": 0.02}
    order = {"function": "scenes.write_until_told", "arguments": given}
    writing = worker.start(gated.on_primary(order))
    reading = gated.start_readers("transactions", part + STARTED_S, each=READ_S, pause=GAP_S)
    time.sleep(STARTED_S + part / 2)
    killed = time.monotonic()
    gated.kill_proxy()
    slow = [read for process in reading for read in worker.finish(process)["slow"]]
    worker.finish(writing)
    return max((taken for begun, taken in slow if begun + taken > killed), default=READ_S) - READ_S


def _rows(line: Line, off: tuple[Any, Any], on: tuple[Any, Any]) -> list[Row]:
    _, _, what, p50, longest, dearer = line
    (stock, stock_reads), (ours, our_reads) = off, on
    rows = [
        Row(
            f"replica: a write arrives under {what}: p50",
            "ms",
            stock["p50"] * 1e3,
            ours["p50"] * 1e3,
            None,
            p50,
        ),
        Row("the same: slowest", "ms", stock["longest"] * 1e3, ours["longest"] * 1e3, None, longest),
    ]
    each = [1e6 * PROCESSES / per_second(reads) for reads in (stock_reads, our_reads)]
    return [*rows, Row("the same: one read", "us", each[0], each[1], each[1] / each[0], dearer)]


def per_second(reads: list[Reads]) -> float:
    return sum(one["count"] / one["seconds"] for one in reads)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.replication", description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=SECONDS, help="of each measurement, default %(default)s"
    )
    options = parser.parse_args(arguments)
    rows, raw = measure(options.seconds)
    print(report.table(rows))
    print(f"\ngate: {raw['gate']}\nkept in {report.save('replication', rows, vars(options), raw)}")
    return 1 if any(row.must is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
