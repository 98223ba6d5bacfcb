"""Figures of every proxy under every load, round by round."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any

from bench import load
from bench.fronts import Front
from bench.proxy_field import GENERATOR


@dataclass(frozen=True)
class Run:
    """One front under one load: what a request cost its processes, and what the clients saw."""

    cpu_us: float
    per_second: float
    p50_us: float
    p99_us: float
    faults: float


def measure(front: Front, case: str, connections: int, seconds: int) -> Run:
    before = front.used()
    seen = load.run(load.CASES[case], front.address, connections, seconds, GENERATOR, front.headers)
    used = front.used() - before
    front.forget_log()
    return Run(
        cpu_us=used.cpu_us / seen.requests,
        per_second=seen.per_second,
        p50_us=seen.p50_us,
        p99_us=seen.p99_us,
        faults=used.faults / seen.requests,
    )


class Runs:
    def __init__(self) -> None:
        self.measured: dict[tuple[str, int], dict[str, list[Run]]] = defaultdict(lambda: defaultdict(list))

    def add(self, front: str, case: str, connections: int, run: Run) -> None:
        self.measured[case, connections][front].append(run)

    def figures(self, front: str, case: str, connections: int, metric: str) -> list[float]:
        """One of each round; empty if that was not measured."""
        found = self.measured.get((case, connections), {}).get(front, [])
        return [getattr(run, metric) for run in found]

    def as_json(self) -> list[dict[str, Any]]:
        return [
            {
                "case": case,
                "connections": connections,
                "front": front,
                "rounds": [asdict(run) for run in rounds],
            }
            for (case, connections), fronts in self.measured.items()
            for front, rounds in fronts.items()
        ]
