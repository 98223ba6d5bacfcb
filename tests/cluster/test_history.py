"""The judge of histories is itself judged: each known-bad history must be found out."""

from __future__ import annotations

import pytest

from tools.cluster import Attempt, Outcome, judge


def attempt(token: str, outcome: Outcome, seconds: float = 0.1) -> Attempt:
    return Attempt(token, outcome, started=0.0, seconds=seconds, node="n0")


OK, NOT_EXECUTED, UNKNOWN = Outcome.OK, Outcome.NOT_EXECUTED, Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("outcomes", "stored", "right"),
    [
        ({"a": OK, "b": OK}, ["a", "b"], True),
        ({"a": OK, "b": OK}, ["b"], False),  # lost
        ({"a": OK}, ["a", "a"], False),  # twice
        ({"a": NOT_EXECUTED}, [], True),
        ({"a": NOT_EXECUTED}, ["a"], False),  # denied, but there
        ({"a": UNKNOWN}, [], True),
        ({"a": UNKNOWN}, ["a"], True),
        ({"a": UNKNOWN}, ["a", "a"], False),  # unknown is at most once
        ({"a": OK}, ["a", "written by somebody else"], True),
    ],
)
def test_judges(outcomes: dict[str, Outcome], stored: list[str], right: bool) -> None:
    assert judge([attempt(t, o) for t, o in outcomes.items()], stored).right is right


def test_counts_and_names_the_longest() -> None:
    verdict = judge([attempt("a", OK, 0.5), attempt("b", UNKNOWN, 2.0), attempt("c", NOT_EXECUTED)], ["a"])
    assert (verdict.acknowledged, verdict.unknown, verdict.not_executed) == (1, 1, 1)
    assert (verdict.failed, verdict.longest) == (2, 2.0)
