"""Both backends do the same works at the same places, round by round."""

from __future__ import annotations

import statistics
from collections import defaultdict
from pathlib import Path
from typing import Any

from bench import worker
from bench.litefs_pair import DATABASE, LitefsNode, LitefsPair
from bench.report import Goal, Row
from bench.samples import ratio
from bench.site import OUR_ENGINE

STOCK_ENGINE = "django.db.backends.sqlite3"
STOCK, OURS = "stock", "ours"
ROLLBACK = "rollback"  # stock, on a database of its own making
EQUAL_PRAGMAS = {
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=wal; PRAGMA synchronous=NORMAL",
}
READS = {"request": 60, "connect": 40, "read": 200, "get": 200, "reads in a transaction": 60}
WRITES = {"write": 100, "save": 100}
PLAIN = {"request": 300, "connect": 200, "write": 100}
IN_TURNS = {"reads": 1500, "reads in a transaction": 1500, "get": 1500, "write": 800, "save": 800}

Order = dict[str, Any]


def on_litefs(side: str, node: LitefsNode, **database: Any) -> Order:
    if side == OURS:
        return _order({"ENGINE": OUR_ENGINE, "NAME": "default", **database}, node.settings())
    return _order({"ENGINE": STOCK_ENGINE, "NAME": str(node.database), **database}, {})


def on_litefs_as_django_makes_it(node: LitefsNode) -> Order:
    """A database that Django's own backend created: with a rollback journal, not in WAL mode."""
    return on_litefs(STOCK, node, NAME=str(node.mount / "rollback.sqlite3"))


def on_plain_file(side: str, folder: Path) -> Order:
    if side == OURS:
        return _order({"ENGINE": OUR_ENGINE, "NAME": "default"}, _single(folder / OURS))
    return _order({"ENGINE": STOCK_ENGINE, "NAME": str(folder / STOCK / DATABASE)}, {})


def both_on_plain_file(folder: Path) -> Order:
    """Kept connections to one file, with the same pragmas: what is left is the price of our code."""
    ours = on_plain_file(OURS, folder)
    stock = {"ENGINE": STOCK_ENGINE, "NAME": str(folder / OURS / DATABASE), "OPTIONS": EQUAL_PRAGMAS}
    return {**ours, "databases": {**ours["databases"], STOCK: stock}}


def run(order: Order, function: str, **arguments: Any) -> Any:
    return worker.finish(worker.start({**order, "function": function, "arguments": arguments}))


def _order(database: dict[str, Any], litefs: dict[str, Any]) -> Order:
    return {"databases": {"default": database}, "litefs": litefs}


def _single(folder: Path) -> dict[str, Any]:
    return {"ENABLED": False, "DATA_PATH": str(folder), "DATABASE_NAME": DATABASE}


class Comparison:
    """Median seconds of each round: (place, work) -> side -> one of each round."""

    def __init__(self, pair: LitefsPair, folder: Path, part: float = 1.0) -> None:
        """`part` of the usual number of calls."""
        self.medians: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        self._pair = pair
        self._folder = folder
        self._part = part

    def prepare(self) -> None:
        run(on_litefs_as_django_makes_it(self._pair.primary), "scenes.prepare")
        run(on_litefs(OURS, self._pair.primary), "scenes.prepare")
        self._pair.wait_arrived()
        for side in (STOCK, OURS):
            (self._folder / side).mkdir()
            run(on_plain_file(side, self._folder), "scenes.prepare")

    def round(self, number: int) -> None:
        sides = (STOCK, OURS) if number % 2 else (OURS, STOCK)
        for side in sides:
            self._measure("primary", side, on_litefs(side, self._pair.primary), {**WRITES, **READS})
        rollback = on_litefs_as_django_makes_it
        self._measure("primary", ROLLBACK, rollback(self._pair.primary), {**WRITES, **READS})
        self._pair.wait_arrived()
        self._measure("replica", ROLLBACK, rollback(self._pair.replica), READS)
        for side in sides:
            self._measure("replica", side, on_litefs(side, self._pair.replica), READS)
        for side in sides:
            self._measure("plain", side, on_plain_file(side, self._folder), PLAIN)
        found = run(
            both_on_plain_file(self._folder),
            "works.alternate",
            works=self._counts(IN_TURNS),
            aliases=(STOCK, "default"),
        )
        for work, summaries in found.items():
            for side, each in zip((STOCK, OURS), summaries, strict=True):
                self.medians["in turns", work][side].append(each["p50"])

    def row(self, place: str, work: str, what: str, goal: Goal | None, against: str = STOCK) -> Row:
        sides = self.medians[place, work]
        stock, ours = (statistics.median(sides[side]) * 1e6 for side in (against, OURS))
        return Row(what, "us", stock, ours, ratio(sides[OURS], sides[against]), goal)

    def as_json(self) -> list[dict[str, Any]]:
        return [{"place": place, "work": work, **sides} for (place, work), sides in self.medians.items()]

    def _measure(self, place: str, side: str, order: Order, works: dict[str, int]) -> None:
        for work, found in run(order, "works.measure", works=self._counts(works)).items():
            self.medians[place, work][side].append(found["p50"])

    def _counts(self, works: dict[str, int]) -> dict[str, int]:
        return {work: max(1, round(times * self._part)) for work, times in works.items()}
