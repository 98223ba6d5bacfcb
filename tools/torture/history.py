"""What the clients of one episode did and were told, one operation a line."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tools.cluster import Outcome

Op = Literal["write", "read", "visit"]

NAMES = {Outcome.OK: "ok", Outcome.NOT_EXECUTED: "not_applied", Outcome.UNKNOWN: "unknown"}


@dataclass(frozen=True)
class Operation:
    """One request and its answer. Each client is a session and does one thing after another."""

    client: str
    op: Op  # visit: a GET that writes
    token: str  # of a write: "<client>.<number>", growing
    t_invoke: float  # time.monotonic()
    t_end: float
    outcome: Outcome
    node: str  # that was asked
    pos: str = ""  # the client's litefs-position after it
    status: int = 0  # 0: no answer
    echo: str = ""  # what the answer says it answers: the write's token, the read's client
    served_by: str = ""  # node whose app answered; "" if none did
    not_executed: str = ""
    retry_after: str = ""
    fly_replay: str = ""
    stale: str = ""  # header litefs-stale
    lineage: str = ""  # header litefs-lineage
    seen: tuple[str, ...] = ()  # by a read: own tokens, oldest first
    newest: int = 0  # highest id of all notes (read), the own one (write), the count (visit)
    detail: str = ""

    @property
    def seconds(self) -> float:
        return self.t_end - self.t_invoke

    @property
    def marked(self) -> bool:
        return bool(self.stale or self.lineage)

    @property
    def refused(self) -> bool:
        """Nobody listened: what a load balancer sees of a node that is down, and goes to the next."""
        return self.status == 0 and self.outcome is Outcome.NOT_EXECUTED

    def line(self) -> str:
        return json.dumps({**dataclasses.asdict(self), "outcome": NAMES[self.outcome]})


def save(path: Path, history: Iterable[Operation]) -> None:
    with path.open("w") as file:
        file.writelines(f"{operation.line()}\n" for operation in history)
