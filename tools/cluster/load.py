"""Writes with a token each, one by one or from many threads at once."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from .client import Client, NoAnswerError, NotSentError
from .history import Attempt, Outcome
from .node import Node

NOTES = "/api/notes/"
REPLICATED_NOTES = "/api/notes/replicated/"  # the same, acknowledged when every candidate has it

Self = TypeVar("Self", bound="Writers")


def write_note(client: Client, node: Node, path: str = NOTES) -> Attempt:
    """One POST; what the client may conclude from the answer, and no more."""
    token = uuid.uuid4().hex
    replicated = ""
    started = time.monotonic()
    try:
        answer = client.post_json(node.front, path, {"title": f"written at {node.name}", "token": token})
    except NotSentError as error:
        outcome, detail = Outcome.NOT_EXECUTED, str(error)
    except NoAnswerError as error:
        outcome, detail = Outcome.UNKNOWN, str(error)
    else:
        detail = f"{answer.status} {answer.text[:200]}"
        replicated = answer.headers.get("litefs-replicated", "")
        if answer.status == 201:
            outcome = Outcome.OK
        elif answer.not_executed:
            outcome, detail = Outcome.NOT_EXECUTED, f"{answer.status} {answer.not_executed}"
        else:
            outcome = Outcome.UNKNOWN
    return Attempt(token, outcome, started, time.monotonic() - started, node.name, detail, replicated)


def stored_tokens(node: Node, after: int = 0) -> list[str]:
    """The tokens of all notes, or of those with an id beyond `after`, as this node reads them."""
    tokens: list[str] = []
    last = after
    with Client() as client:
        while True:
            answer = client.get(node.front, f"{NOTES}?after={last}")
            assert answer.status == 200, answer.text
            rows = answer.json()["notes"]
            if not rows:
                return tokens
            tokens.extend(row["token"] for row in rows)
            last = rows[-1]["id"]


@dataclass(frozen=True)
class Read:
    """One GET of what the same client wrote just before, at another node."""

    started: float
    seconds: float
    node: str
    status: int  # 0: no answer
    found: bool
    marked: bool  # the answer says that it may be old

    @property
    def stale(self) -> bool:
        return self.status == 200 and not self.found and not self.marked


def read_note(client: Client, node: Node, token: str) -> Read:
    started = time.monotonic()
    status, found, marked = 0, False, False
    with contextlib.suppress(NotSentError, NoAnswerError):
        answer = client.get(node.front, f"{NOTES}?token={token}")
        status, marked = answer.status, answer.marked_stale
        found = status == 200 and len(answer.json()["notes"]) > 0
    return Read(started, time.monotonic() - started, node.name, status, found, marked)


class Writers:
    """Threads that write at all nodes in turn, each as a client of its own, from enter to exit."""

    def __init__(self, nodes: Sequence[Node], count: int = 8, pause: float = 0.0, path: str = NOTES) -> None:
        self.attempts: list[Attempt] = []
        self._nodes = nodes
        self._path = path
        self._pause = pause
        self._avoided: Node | None = None
        self._ending = threading.Event()
        self._threads = [
            threading.Thread(target=self._write, args=(n,), name=f"writer-{n}") for n in range(count)
        ]

    def _write(self, number: int) -> None:
        with Client() as client:
            for turn in itertools.count(number):
                if self._ending.wait(self._pause) or self._ending.is_set():
                    return
                self._take_turn(client, turn)

    def avoid(self, node: Node | None) -> None:
        """Nobody asks this node from now on, as behind a load balancer that took it out."""
        self._avoided = node

    def _take_turn(self, client: Client, turn: int) -> Attempt:
        nodes = [node for node in self._nodes if node is not self._avoided]
        attempt = write_note(client, nodes[turn % len(nodes)], self._path)
        self.attempts.append(attempt)
        return attempt

    def __enter__(self: Self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()


class Visitors(Writers):
    """Writers that read each acknowledged note at the next node at once."""

    def __init__(self, nodes: Sequence[Node], count: int = 8, pause: float = 0.0) -> None:
        super().__init__(nodes, count, pause)
        self.reads: list[Read] = []

    def _take_turn(self, client: Client, turn: int) -> Attempt:
        attempt = super()._take_turn(client, turn)
        if attempt.outcome is Outcome.OK:
            node = self._nodes[(turn + 1) % len(self._nodes)]
            self.reads.append(read_note(client, node, attempt.token))
        return attempt
