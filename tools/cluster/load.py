"""Writes with a token each, one by one or from many threads at once."""

from __future__ import annotations

import itertools
import threading
import time
import uuid
from collections.abc import Sequence

from .client import Client, NoAnswerError, NotSentError
from .history import Attempt, Outcome
from .node import Node

NOTES = "/api/notes/"


def write_note(client: Client, node: Node) -> Attempt:
    """One POST; what the client may conclude from the answer, and no more."""
    token = uuid.uuid4().hex
    started = time.monotonic()
    try:
        answer = client.post_json(node.front, NOTES, {"title": f"written at {node.name}", "token": token})
    except NotSentError as error:
        outcome, detail = Outcome.NOT_EXECUTED, str(error)
    except NoAnswerError as error:
        outcome, detail = Outcome.UNKNOWN, str(error)
    else:
        detail = f"{answer.status} {answer.text[:200]}"
        if answer.status == 201:
            outcome = Outcome.OK
        elif answer.not_executed:
            outcome, detail = Outcome.NOT_EXECUTED, f"{answer.status} {answer.not_executed}"
        else:
            outcome = Outcome.UNKNOWN
    return Attempt(token, outcome, started, time.monotonic() - started, node.name, detail)


def stored_tokens(node: Node) -> list[str]:
    """The tokens of all notes, as this node reads them."""
    tokens: list[str] = []
    last = 0
    with Client() as client:
        while True:
            answer = client.get(node.front, f"{NOTES}?after={last}")
            assert answer.status == 200, answer.text
            rows = answer.json()["notes"]
            if not rows:
                return tokens
            tokens.extend(row["token"] for row in rows)
            last = rows[-1]["id"]


class Writers:
    """Threads that write at all nodes in turn, each as a client of its own, from enter to exit."""

    def __init__(self, nodes: Sequence[Node], count: int = 8, pause: float = 0.0) -> None:
        self.attempts: list[Attempt] = []
        self._nodes = nodes
        self._pause = pause
        self._ending = threading.Event()
        self._threads = [
            threading.Thread(target=self._write, args=(n,), name=f"writer-{n}") for n in range(count)
        ]

    def _write(self, number: int) -> None:
        with Client() as client:
            for turn in itertools.count(number):
                if self._ending.wait(self._pause) or self._ending.is_set():
                    return
                self.attempts.append(write_note(client, self._nodes[turn % len(self._nodes)]))

    def __enter__(self) -> Writers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()
