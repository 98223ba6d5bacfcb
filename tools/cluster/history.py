"""What clients were told about their writes, compared with what the database holds afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    OK = "acknowledged"
    NOT_EXECUTED = "not executed"  # said so by litefs-proxy, or never sent
    UNKNOWN = "unknown"  # may have been executed, at most once


@dataclass(frozen=True)
class Attempt:
    """One write, by a token of its own."""

    token: str
    outcome: Outcome
    started: float  # time.monotonic()
    seconds: float
    node: str  # that was asked
    detail: str = ""
    replicated: str = ""  # as the answer says (litefs-replicated)


@dataclass(frozen=True)
class Verdict:
    acknowledged: int
    not_executed: int
    unknown: int
    lost: list[str]  # acknowledged, and not there
    duplicates: list[str]  # there more than once
    ghosts: list[str]  # "not executed", and there all the same
    longest: float  # seconds

    @property
    def right(self) -> bool:
        return not (self.lost or self.duplicates or self.ghosts)

    @property
    def failed(self) -> int:
        return self.not_executed + self.unknown

    def __str__(self) -> str:
        return (
            f"{self.acknowledged} acknowledged, {self.not_executed} not executed, {self.unknown} unknown; "
            f"{len(self.lost)} lost, {len(self.duplicates)} twice, {len(self.ghosts)} denied but there; "
            f"longest {self.longest * 1000:.0f} ms"
        )


def judge(attempts: Iterable[Attempt], stored: Iterable[str]) -> Verdict:
    attempts = list(attempts)
    times = Counter(stored)
    by_outcome = {outcome: [a.token for a in attempts if a.outcome is outcome] for outcome in Outcome}
    return Verdict(
        acknowledged=len(by_outcome[Outcome.OK]),
        not_executed=len(by_outcome[Outcome.NOT_EXECUTED]),
        unknown=len(by_outcome[Outcome.UNKNOWN]),
        lost=[token for token in by_outcome[Outcome.OK] if not times[token]],
        duplicates=[a.token for a in attempts if times[a.token] > 1],
        ghosts=[token for token in by_outcome[Outcome.NOT_EXECUTED] if times[token]],
        longest=max((a.seconds for a in attempts), default=0.0),
    )
