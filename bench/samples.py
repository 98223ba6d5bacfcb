"""Figures of one series of timed calls, and of several rounds of them."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import TypedDict


class Summary(TypedDict):
    """Seconds."""

    count: int
    p50: float
    p99: float
    longest: float


def summary(seconds: Sequence[float]) -> Summary:
    ordered = sorted(seconds)
    last = len(ordered) - 1
    return Summary(
        count=len(ordered),
        p50=statistics.median(ordered),
        p99=ordered[min(last, round(0.99 * last))],
        longest=ordered[last],
    )


def ratio(ours: Sequence[float], stock: Sequence[float]) -> float:
    """The median of the rounds' own ratios: what disturbs a round disturbs both sides of it."""
    return statistics.median(mine / theirs for mine, theirs in zip(ours, stock, strict=True))
