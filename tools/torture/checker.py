"""Judges a history: one pass over what each client was told, then a comparison with what the nodes hold.

| | promise | a violation is |
|---|---|---|
| I1 | no duplicate | a token that is stored or shown twice |
| I2 | no acknowledgement but the app's | a 2xx or 3xx that no app made, or with `fly-replay` |
| I3 | durability | an acknowledged token that is gone, unless the fault may lose (then it is counted as loss) |
| I4 | read your writes | an unmarked read without an own acknowledged token |
| I5 | never back in time | an unmarked answer older than one before it, own tokens out of order, nodes that differ |
| I6 | old answers say so | a `litefs-stale` while nothing is wrong (the other half is I4) |
| I7 | definite or unknown | a "not executed" that is stored, has no Retry-After or another status than 503 |
| I8 | one's own answer | an answer to somebody else's request |
| I9 | healing | writes not back within the bound, descriptors or memory that stay (the episode measures them) |
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tools.cluster import Outcome

from .history import Operation

NOT_EXECUTED_STATUS = 503


@dataclass(frozen=True)
class Violation:
    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.what}"


@dataclass(frozen=True)
class Rules:
    """What this fault excuses."""

    may_lose: bool = (
        False  # acknowledged writes, with the machine that had them (LiteFS replicates afterwards)
    )
    may_mark: bool = True  # answers as stale
    may_fail: bool = True  # requests
    longest_write: float = math.inf  # seconds


@dataclass(frozen=True)
class Verdict:
    requests: int
    not_executed: int
    unknown: int
    refused: int  # nobody listened
    marked: int
    lost: tuple[str, ...]  # tokens: acknowledged, gone
    longest: float  # seconds
    violations: tuple[Violation, ...]


@dataclass
class _Session:
    """What one client knows, in the order in which it learnt it."""

    acknowledged: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)  # may be executed at any later time
    newest: int = 0
    count: int = 0
    has_position: bool = False


def check(
    history: Sequence[Operation], stored: Mapping[str, Sequence[str]], rules: Rules | None = None
) -> Verdict:
    """`stored`: for each node, the tokens it shows at the end, in order of id; only those of this history count.
    Without any node only the answers are judged."""
    rules = rules or Rules()
    violations: list[Violation] = []
    sessions: dict[str, _Session] = {}
    for operation in sorted(history, key=lambda o: o.t_invoke):
        violations += _answer(operation, rules)
        violations += _session(operation, sessions.setdefault(operation.client, _Session()))
    lost, found = _outcome(history, stored, rules) if stored else ([], [])
    return Verdict(
        requests=len(history),
        not_executed=sum(o.outcome is Outcome.NOT_EXECUTED and not o.refused for o in history),
        unknown=sum(o.outcome is Outcome.UNKNOWN for o in history),
        refused=sum(o.refused for o in history),
        marked=sum(o.marked for o in history),
        lost=tuple(lost),
        longest=max((o.seconds for o in history), default=0.0),
        violations=(*violations, *found),
    )


def _answer(o: Operation, rules: Rules) -> Iterable[Violation]:
    """What is wrong with this answer whatever was before it."""
    where = f"{o.op} {o.token or 'of ' + o.client} at {o.node}, status {o.status}"
    if o.outcome is Outcome.OK and o.op != "visit" and o.echo != (o.token or o.client):
        yield Violation("I8", f"{where}: the answer is about {o.echo!r}")
    if 200 <= o.status < 400 and not o.served_by:
        yield Violation("I2", f"{where}: no app made this answer")
    if 200 <= o.status < 400 and o.fly_replay:
        yield Violation("I2", f"{where}: with fly-replay {o.fly_replay!r}")
    if o.not_executed and o.status != NOT_EXECUTED_STATUS:
        yield Violation("I7", f"{where}: says not executed ({o.not_executed})")
    if o.not_executed and not o.retry_after:
        yield Violation("I7", f"{where}: not executed, without Retry-After")
    if o.marked and not rules.may_mark:
        yield Violation("I6", f"{where}: marked {o.stale or o.lineage!r} although nothing was wrong")
    if o.op == "write" and o.seconds > rules.longest_write:
        yield Violation("slow", f"{where}: {o.seconds:.1f} s, promised {rules.longest_write:g} s")
    if o.outcome is not Outcome.OK and not o.refused and not rules.may_fail:
        yield Violation("failed", f"{where}: {o.not_executed or o.detail}")


def _session(o: Operation, session: _Session) -> Iterable[Violation]:
    """What this answer contradicts of what the client was told before; then, what it now knows."""
    if o.outcome is Outcome.UNKNOWN:
        session.unknown.add(o.token)
    if o.outcome is not Outcome.OK:
        return
    where = f"{o.op} {o.token or 'of ' + o.client} at {o.node} (by {o.served_by})"
    if o.lineage:  # a tail was lost and the client is told so: it starts anew from what it sees
        session.acknowledged &= set(o.seen)
        session.newest = session.count = 0
    if o.op == "read":
        if late := _out_of_order([token for token in o.seen if token not in session.unknown]):
            yield Violation("I5", f"{where}: own tokens out of order: {late}")
        if twice := _twice(o.seen):
            yield Violation("I1", f"{where}: {twice} shown twice")
        missing = session.acknowledged.difference(o.seen)
        if missing and not o.marked:
            yield Violation("I4", f"{where}: {len(missing)} own tokens missing: {sorted(missing)[-3:]}")
    before = session.count if o.op == "visit" else session.newest
    if session.has_position and o.newest < before and not o.marked:
        yield Violation("I5", f"{where}: showed {o.newest} after {before}")
    if o.op == "visit":
        session.count = max(session.count, o.newest)
    else:
        session.newest = max(session.newest, o.newest)
    if o.op == "write":
        session.acknowledged.add(o.token)
    session.has_position = bool(o.pos)


def _outcome(
    history: Sequence[Operation], stored: Mapping[str, Sequence[str]], rules: Rules
) -> tuple[list[str], list[Violation]]:
    """The lost tokens, and what is wrong with what the nodes hold at the end."""
    writes = [o for o in history if o.op == "write"]
    own = {o.token for o in writes}
    held = {node: [token for token in tokens if token in own] for node, tokens in stored.items()}
    violations = []
    first, *others = held
    for node in others:
        if held[node] != held[first]:
            differ = sorted(set(held[node]) ^ set(held[first]))[:3]
            violations.append(
                Violation("I5", f"{node} and {first} differ at the end: {differ or 'in order'}")
            )
    times = Counter(held[first])
    unknown = {o.token for o in writes if o.outcome is Outcome.UNKNOWN}
    in_order: dict[str, list[str]] = {}
    for token in held[first]:
        if token not in unknown:
            in_order.setdefault(token.partition(".")[0], []).append(token)
    for client, tokens in in_order.items():
        if late := _out_of_order(tokens):
            violations.append(Violation("I5", f"writes of {client} are stored out of order: {late}"))
    lost = []
    for o in writes:
        if times[o.token] > 1:
            violations.append(Violation("I1", f"{o.token} is stored {times[o.token]} times"))
        if o.outcome is Outcome.NOT_EXECUTED and times[o.token]:
            violations.append(Violation("I7", f"{o.token} was denied ({o.not_executed}) and is stored"))
        if o.outcome is Outcome.OK and not times[o.token]:
            lost.append(o.token)
            if not rules.may_lose:
                violations.append(Violation("I3", f"{o.token} was acknowledged at {o.node} and is gone"))
    return lost, violations


def _twice(tokens: Sequence[str]) -> list[str]:
    return [token for token, times in Counter(tokens).items() if times > 1]


def _out_of_order(tokens: Sequence[str]) -> list[str]:
    """Of one client."""
    return [later for earlier, later in pairwise(tokens) if later < earlier][:3]
