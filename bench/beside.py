"""Rows of what happens beside a writer, and of the proof of commit."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from bench import worker
from bench.comparison import EQUAL_PRAGMAS, OURS, STOCK, on_litefs, run
from bench.litefs_pair import LitefsPair
from bench.report import Goal, Row

HOLD_S = 0.5
VISITOR_PAUSE_S = 0.03  # else the visitors would wait for each other's Python
VISITORS = 16
PROOF_MS = 0.2


@contextmanager
def writer(pair: LitefsPair, hold: float, pause: float) -> Iterator[None]:
    """A process that writes on the primary inside the block."""
    arguments = {"hold": hold, "pause": pause}
    order = {**on_litefs(OURS, pair.primary), "function": "scenes.write_until_told", "arguments": arguments}
    before = pair.primary.position()
    process = worker.start(order)
    try:
        pair.wait_beyond(before)
        yield
    finally:
        worker.finish(process)  # its standard input ends


def reads_beside_a_writer(pair: LitefsPair, seconds: float) -> list[Row]:
    """GETs under ATOMIC_REQUESTS: does any wait for the write lock? Django's own would if it began IMMEDIATE."""
    with writer(pair, hold=HOLD_S, pause=0.02):
        found = {
            side: run(
                on_litefs(side, pair.primary, ATOMIC_REQUESTS=True, **options),
                "scenes.serve",
                path="/reads",
                threads=VISITORS,
                seconds=seconds,
                pause=VISITOR_PAUSE_S,
            )
            for side, options in ((STOCK, {"OPTIONS": EQUAL_PRAGMAS}), (OURS, {}))
        }
    stock, ours = found[STOCK]["taken"], found[OURS]["taken"]
    what = f"primary: {VISITORS} visitors' GETs beside a writer that holds its lock for {HOLD_S * 1e3:g} ms"
    goal = Goal(HOLD_S * 1e3 / 2, of="ours")
    return [
        Row(f"{what}: p50", "ms", stock["p50"] * 1e3, ours["p50"] * 1e3, ours["p50"] / stock["p50"]),
        Row("the same: slowest", "ms", stock["longest"] * 1e3, ours["longest"] * 1e3, None, goal),
        Row(
            "the same: failed",
            "GETs",
            found[STOCK]["failed"],
            found[OURS]["failed"],
            None,
            Goal(0, of="ours"),
        ),
    ]


def deaths_on_the_replica(pair: LitefsPair, processes: int, requests: int) -> Row:
    """SIGBUS under Django's defaults, while the primary writes 50 times a second."""

    def deaths(side: str) -> int:
        died = 0
        for _ in range(processes):
            try:
                run(on_litefs(side, pair.replica), "works.measure", works={"request": requests})
            except subprocess.CalledProcessError as error:
                if error.returncode != -signal.SIGBUS:
                    raise
                died += 1
        return died

    with writer(pair, hold=0.0, pause=0.02):
        stock, ours = deaths(STOCK), deaths(OURS)
    what = f"replica: of {processes} processes died in {requests} requests while the primary writes"
    return Row(what, "processes", stock, ours, None, Goal(0, of="ours"))


def proof_of_commit(pair: LitefsPair, times: int) -> Row:
    found = run(on_litefs(OURS, pair.primary), "scenes.prove", times=times)
    cost = (found["before"]["p50"] + found["after"]["p50"]) * 1e3
    return Row("primary: proof of commit", "ms", None, cost, None, Goal(PROOF_MS, of="ours"))
