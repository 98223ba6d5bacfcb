"""The checker is itself checked: each known-bad history must be found out, and the good ones pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tools.cluster import Outcome
from tools.torture.checker import Rules, check
from tools.torture.history import Operation

OK, NOT_EXECUTED, UNKNOWN = Outcome.OK, Outcome.NOT_EXECUTED, Outcome.UNKNOWN
NODES = ("n0", "n1")


def done(client: str, **facts: Any) -> Operation:
    """A good answer, but for what `facts` say."""
    usual = {"op": "read", "token": "", "outcome": OK, "status": 200, "echo": client, "served_by": "n1"}
    return Operation(client, t_invoke=0, t_end=0, node="n1", **{"pos": "1.x", **usual, **facts})


def write(number: int, outcome: Outcome = OK, client: str = "a", **facts: Any) -> Operation:
    token = f"{client}.{number:05d}"
    told: dict[Outcome, dict[str, Any]] = {
        OK: {"status": 201, "newest": number},
        NOT_EXECUTED: {"status": 503, "served_by": "", "not_executed": "held", "retry_after": "1"},
        UNKNOWN: {"status": 502, "served_by": ""},
    }
    usual = {"op": "write", "token": token, "echo": token, "outcome": outcome}
    return done(client, **{**usual, **told[outcome], **facts})


def read(*numbers: int, client: str = "a", **facts: Any) -> Operation:
    seen = tuple(f"{client}.{number:05d}" for number in numbers)
    return done(client, **{"seen": seen, "newest": max(numbers, default=0), **facts})


def visit(count: int, **facts: Any) -> Operation:
    return done("a", op="visit", newest=count, **facts)


def on_all(tokens: list[str]) -> dict[str, list[str]]:
    return {node: tokens for node in NODES}  # noqa: C420


def judged(history: list[Operation], stored: list[str], rules: Rules | None = None) -> list[str]:
    """The rules that are broken. Operations happen one after another."""
    timed = [replace(o, t_invoke=float(n), t_end=n + 0.5) for n, o in enumerate(history)]
    return sorted({v.rule for v in check(timed, on_all(stored), rules).violations})


A1, A2, B1 = "a.00001", "a.00002", "b.00001"
GOOD = [
    ([write(1), read(1), write(2), read(1, 2)], [A1, A2]),
    ([write(1), write(1, client="b"), read(1), read(1, client="b", newest=2)], [A1, B1]),
    ([write(1, NOT_EXECUTED), read(), write(2), read(2)], [A2]),
    ([write(1, UNKNOWN), write(2), read(2)], [A2]),  # unknown: did not run
    ([write(1, UNKNOWN), write(2), read(2), read(2, 1)], [A2, A1]),  # unknown: ran, and late
    ([write(1, NOT_EXECUTED, status=0, not_executed="", retry_after="")], []),  # refused
    ([write(1), read(newest=0, stale="1500"), read(1)], [A1]),  # old and said so
    ([write(1), read(1)], ["before.00007", A1]),  # others were here before
    ([visit(3), visit(4), visit(4, stale="200")], []),
    ([read(newest=9, pos=""), read(newest=5, pos="")], []),  # no position, no promise
]
BAD = [
    ("I1", [write(1)], [A1, A1]),  # ran twice
    ("I1", [write(1, UNKNOWN)], [A1, A1]),
    ("I1", [write(1), read(1, 1)], [A1]),
    ("I2", [write(1, served_by="")], [A1]),  # made up
    ("I2", [write(1, fly_replay="instance=n0")], [A1]),
    ("I3", [write(1)], []),  # lost
    ("I4", [write(1), read(newest=1)], [A1]),  # stale
    ("I4", [write(1), write(2), read(2)], [A1, A2]),
    ("I4", [write(1), read(stale="9"), read(newest=1)], [A1]),  # marked once is not marked always
    ("I5", [write(1), read(1, newest=9), read(1, newest=8)], [A1]),  # back in time
    ("I5", [visit(4), visit(3)], []),
    ("I5", [write(1), write(2), read(2, 1, newest=2)], [A1, A2]),  # reordered
    ("I5", [write(1), write(2)], [A2, A1]),
    ("I7", [write(1, NOT_EXECUTED)], [A1]),  # ghost
    ("I7", [write(1, NOT_EXECUTED, retry_after="")], []),
    ("I7", [write(1, NOT_EXECUTED, status=502)], []),
    ("I8", [write(1, echo=B1)], [A1]),  # another client's answer
    ("I8", [write(1), read(1, echo="b")], [A1]),
    ("I8", [write(1, echo="garbled")], [A1]),
]


@pytest.mark.parametrize(("history", "stored"), GOOD)
def test_passes_what_is_right(history: list[Operation], stored: list[str]) -> None:
    assert judged(history, stored) == []


@pytest.mark.parametrize(("rule", "history", "stored"), BAD)
def test_finds_what_is_wrong(rule: str, history: list[Operation], stored: list[str]) -> None:
    assert judged(history, stored) == [rule]


def test_nodes_that_differ() -> None:
    verdict = check([write(1)], {"n0": [A1], "n1": []})
    assert [v.rule for v in verdict.violations] == ["I5"]


def test_a_tail_that_may_be_lost_is_counted_and_must_be_told() -> None:
    lost, may_lose = [write(1), write(2)], Rules(may_lose=True)
    told = [*lost, read(1, lineage="diverged"), read(1)]
    verdict = check(told, on_all([A1]), may_lose)
    assert (verdict.lost, verdict.violations) == ((A2,), ())
    assert judged(told, [A1]) == ["I3"]
    assert judged([*lost, read(1)], [A1], may_lose) == ["I4", "I5"]


def test_what_a_fault_does_not_excuse() -> None:
    marked, failed = [read(stale="20")], [write(1, UNKNOWN)]
    assert judged(marked, [], Rules(may_mark=False)) == ["I6"]
    assert judged(failed, [], Rules(may_fail=False)) == ["failed"]
    assert judged([*marked, *failed], []) == []


def test_counts() -> None:
    refused = write(3, NOT_EXECUTED, status=0, not_executed="", retry_after="")
    history = [write(1, UNKNOWN), write(2, NOT_EXECUTED), refused, replace(read(stale="1"), t_end=4.0)]
    verdict = check(history, {"n0": []})
    assert (verdict.requests, verdict.unknown, verdict.not_executed, verdict.refused) == (4, 1, 1, 1)
    assert (verdict.marked, verdict.longest) == (1, 4.0)
