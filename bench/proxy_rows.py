"""Which figures of litefs-proxy are judged against whose, and by what."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench import load
from bench.proxy_field import (
    AT,
    FLOOR,
    HAPROXY,
    LITEFS_OWN,
    NGINX,
    NGINX_LOG,
    NGINX_M,
    OURS,
    PRIMARY,
    QUIET,
    REPLICA,
)
from bench.report import Goal, Row
from bench.runs import Runs
from bench.samples import ratio

SMALL = ("get", "browser", "post")
KEPT = (*SMALL, "large")
EVERY = (*KEPT, "close")

WORDS = {
    "cpu_us": ("CPU per request", "us"),
    "per_second": ("requests per second", "1/s"),
    "p50_us": ("p50", "us"),
    "p99_us": ("p99", "us"),
    "faults": ("page faults per request", "faults"),
}


@dataclass(frozen=True)
class Aim:
    metric: str
    against: str
    cases: Sequence[str]
    connections: Sequence[int]
    goal: Goal | None
    ours: str = OURS


def more(must: float, stretch: float) -> Goal:
    return Goal(must, stretch, at_least=True)


AIMS = [
    Aim("cpu_us", FLOOR, SMALL, (AT,), Goal(1.35, 1.15)),
    Aim("cpu_us", NGINX_M, SMALL, (AT,), Goal(0.90, 0.80)),
    Aim("cpu_us", NGINX, SMALL, (AT,), Goal(0.80, 0.65)),
    Aim("cpu_us", FLOOR, ("large",), (AT,), Goal(1.20, 1.05)),
    Aim("cpu_us", NGINX, ("large",), (AT,), Goal(0.60, 0.50)),
    Aim("cpu_us", NGINX_M, ("close",), (AT,), Goal(1.10, 1.00)),
    Aim("cpu_us", LITEFS_OWN, ("get", "post"), (AT,), Goal(0.15, 0.11)),
    Aim("per_second", NGINX, KEPT, (AT,), more(1.20, 1.45)),
    Aim("p99_us", NGINX, KEPT, (AT, 256), Goal(0.90, 0.70)),
    Aim("p50_us", NGINX, KEPT, (1,), Goal(1.05, 1.00)),
    Aim("p99_us", NGINX, KEPT, (1,), Goal(1.05, 1.00)),
    Aim("cpu_us", FLOOR, SMALL, (AT,), Goal(1.35, 1.15), ours=QUIET),
    Aim("cpu_us", NGINX_LOG, ("get",), (AT,), Goal(0.80, 0.65)),
    Aim("cpu_us", FLOOR, ("get",), (AT,), Goal(1.35, 1.15), ours=PRIMARY),
    Aim("cpu_us", FLOOR, ("get",), (AT,), Goal(1.35, 1.15), ours=REPLICA),
    Aim("cpu_us", NGINX_M, ("get",), (AT,), Goal(0.90, 0.80), ours=PRIMARY),
    Aim("cpu_us", NGINX_M, ("get",), (AT,), Goal(0.90, 0.80), ours=REPLICA),
]
CROWD = Goal(1.25, 1.10)  # 256 connections against our own 32
NO_FAULTS = Goal(0.01, of="ours")  # of a request in steady state


def rows(runs: Runs, cases: Sequence[str]) -> list[Row]:
    found = [
        row
        for aim in AIMS
        for case in aim.cases
        for connections in aim.connections
        if case in cases and (row := _row(runs, aim, case, connections))
    ]
    for case in (case for case in KEPT if case in cases):
        many, some = (runs.figures(OURS, case, connections, "cpu_us") for connections in (256, AT))
        if many and some:
            what = f"{load.CASES[case].what}, 256 connections: CPU per request against its own with {AT}"
            figures = statistics.median(some), statistics.median(many)
            found.append(Row(what, "us", *figures, ratio(many, some), CROWD))
    if faults := runs.figures(OURS, "get", AT, "faults"):
        what = f"{load.CASES['get'].what}, {AT} connections: page faults per request"
        found.append(Row(what, "faults", None, statistics.median(faults), None, NO_FAULTS))
    return found


def _row(runs: Runs, aim: Aim, case: str, connections: int) -> Row | None:
    ours, theirs = (runs.figures(front, case, connections, aim.metric) for front in (aim.ours, aim.against))
    if not ours or not theirs:
        return None
    word, unit = WORDS[aim.metric]
    whose = f" ({aim.ours})" if aim.ours != OURS else ""
    what = f"{load.CASES[case].what}, {connections} connections: {word} against {aim.against}{whose}"
    return Row(what, unit, statistics.median(theirs), statistics.median(ours), ratio(ours, theirs), aim.goal)


def beside(runs: Runs, connections: int = AT) -> str:
    """What a request costs ours, and what that is to each of the others, as Markdown."""
    others = (FLOOR, NGINX_M, NGINX, HAPROXY, LITEFS_OWN)
    lines = [f"| CPU per request | {OURS} | {' | '.join(others)} |", "|---|--:" + "|--:" * len(others) + "|"]
    for case in EVERY:
        ours = runs.figures(OURS, case, connections, "cpu_us")
        if not ours:
            continue
        theirs = [runs.figures(other, case, connections, "cpu_us") for other in others]
        cells = [f"{ratio(ours, figures):.2f} x" if figures else "" for figures in theirs]
        lines.append(f"| {load.CASES[case].what} | {statistics.median(ours):.1f} us | {' | '.join(cells)} |")
    return "\n".join(lines)


def absolute(runs: Runs) -> str:
    """All fronts' medians, as Markdown: CPU per request in us, requests per second, p50 and p99 in us."""
    lines = [
        "| load | connections | proxy | CPU us | requests/s | p50 us | p99 us |",
        "|---|--:|---|--:|--:|--:|--:|",
    ]
    for (case, connections), fronts in runs.measured.items():
        for front in fronts:
            cells = [
                f"{statistics.median(runs.figures(front, case, connections, metric)):.{digits}f}"
                for metric, digits in (("cpu_us", 1), ("per_second", 0), ("p50_us", 0), ("p99_us", 0))
            ]
            lines.append(f"| {load.CASES[case].what} | {connections} | {front} | {' | '.join(cells)} |")
    return "\n".join(lines)
