"""Clients that write, read and visit at all nodes at once; what each was told becomes the history."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tools.cluster import Answer, Client, NoAnswerError, Node, NotSentError, Outcome
from tools.cluster.load import NOTES

from .history import Op, Operation

READS = 0.55  # and one more after each write
VISITS = 0.05
PATIENCE = 40.0  # seconds until a client gives up: longer than a write is held
AFTER_REFUSED = 0.02  # seconds before the next try elsewhere
POSITION_COOKIE = "litefs-position"


class Session:
    """One client: its cookies, its numbers. Used by one thread."""

    def __init__(self, name: str, patience: float = PATIENCE) -> None:
        self.name = name
        self._client = Client(timeout=patience)
        self._number = 0

    def close(self) -> None:
        self._client.close()

    def write(self, node: Node) -> Operation:
        self._number += 1
        token = f"{self.name}.{self._number:05d}"
        return self._request(node, "write", token)

    def read(self, node: Node) -> Operation:
        return self._request(node, "read", "")

    def visit(self, node: Node) -> Operation:
        return self._request(node, "visit", "")

    def _request(self, node: Node, op: Op, token: str) -> Operation:
        started = time.monotonic()
        answer, outcome, detail = None, Outcome.UNKNOWN, ""
        try:
            answer = self._send(node, op, token)
        except NotSentError as error:
            outcome, detail = Outcome.NOT_EXECUTED, str(error)
        except NoAnswerError as error:
            detail = str(error)
        position = self._client.cookies.get(POSITION_COOKIE, "")
        done = Operation(
            self.name, op, token, started, time.monotonic(), outcome, node.name, position, detail=detail
        )
        return told(done, answer) if answer else done

    def _send(self, node: Node, op: Op, token: str) -> Answer:
        if op == "write":
            return self._client.post_json(node.front, NOTES, {"title": f"at {node.name}", "token": token})
        path = f"{NOTES}?client={self.name}" if op == "read" else "/visits/"
        return self._client.get(node.front, path)


def told(done: Operation, answer: Answer) -> Operation:
    """The operation with what its answer says; what the client may conclude, and no more."""
    good = answer.status == (201 if done.op == "write" else 200)
    outcome = Outcome.OK if good else Outcome.NOT_EXECUTED if answer.not_executed else Outcome.UNKNOWN
    headers = answer.headers
    done = replace(
        done,
        outcome=outcome,
        status=answer.status,
        served_by=answer.served_by[0],
        not_executed=answer.not_executed or "",
        retry_after=headers.get("Retry-After", ""),
        fly_replay=headers.get("fly-replay", ""),
        stale=headers.get("litefs-stale", ""),
        lineage=headers.get("litefs-lineage", ""),
        detail="" if good else answer.text[:200],
    )
    try:
        return replace(done, **content(done.op, answer)) if good else done
    except (ValueError, KeyError, TypeError):
        return replace(done, echo="garbled", detail=answer.text[:200])


def content(op: Op, answer: Answer) -> dict[str, Any]:
    """What a good answer holds. Raises ValueError, KeyError or TypeError if it is none of that kind."""
    if op == "visit":
        return {"newest": int(answer.text.partition('id="count">')[2].partition("<")[0])}
    facts = answer.json()
    if op == "write":
        return {"echo": facts["token"], "newest": facts["id"]}
    own = tuple(note["token"] for note in reversed(facts["notes"]))
    return {"echo": facts["asked"].removeprefix("client="), "newest": facts["newest"], "seen": own}


class Load:
    """From enter to exit, `count` sessions do one thing after another: one stays at each node, the others roam.

    So a node that keeps its requests waiting cannot catch all of them, and the other nodes go on being asked.
    """

    def __init__(self, nodes: Sequence[Node], name: str, seed: int, count: int, pause: float) -> None:
        self.history: list[Operation] = []
        self._pause = pause
        self._ending = threading.Event()
        homes = [[node] for node in nodes] + [list(nodes)] * (count - len(nodes))
        self._threads = [
            threading.Thread(
                target=self._live, args=(f"{name}c{n}", home, random.Random(f"{seed} {name} {n}"))
            )
            for n, home in enumerate(homes)
        ]

    def _live(self, name: str, nodes: Sequence[Node], dice: random.Random) -> None:
        session = Session(name)
        try:
            while not self._ending.wait(self._pause):
                done = self._something(session, dice.choice(nodes), dice.random())
                self.history.append(done)
                if done.refused:
                    time.sleep(AFTER_REFUSED)
                if done.op == "write" and done.outcome is Outcome.OK:  # at once, before replicas have it
                    self.history.append(session.read(dice.choice(nodes)))
        finally:
            session.close()

    def _something(self, session: Session, node: Node, what: float) -> Operation:
        if what < READS:
            return session.read(node)
        return session.visit(node) if what < READS + VISITS else session.write(node)

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()
