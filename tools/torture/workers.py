"""Writers beside the web: on each node a long-running worker, and a management command that is run again and again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

from tools.cluster import Node, Outcome, processes

from .history import NAMES, Operation

OUTCOMES = {name: outcome for outcome, name in NAMES.items()}
ENDS_WITHIN = 20.0
NOTES_OF_A_COMMAND = 3


class Workers:
    """From enter to exit; what they said becomes the history. The nodes must not stop meanwhile."""

    def __init__(self, nodes: Sequence[Node], name: str) -> None:
        self.history: list[Operation] = []
        self._ending = threading.Event()
        self._workers = {node.name: self._start(node, f"{name}w{node.name}") for node in nodes}
        self._commands = threading.Thread(target=self._repeat, args=(nodes, f"{name}m"))
        self._readers = [
            threading.Thread(target=self._listen, args=(node, worker))
            for node, worker in self._workers.items()
        ]

    def __enter__(self) -> Workers:
        for thread in (*self._readers, self._commands):
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        processes.kill((w.pid for w in self._workers.values()), signal.SIGTERM)
        for thread in (*self._readers, self._commands):
            thread.join()
        for worker in self._workers.values():
            try:
                worker.wait(ENDS_WITHIN)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()

    @staticmethod
    def _start(node: Node, name: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*node.wrapper, sys.executable, "manage.py", "write_notes", name],
            cwd=node.site, env=node.full_environment(), stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def _listen(self, node: str, worker: subprocess.Popen[str]) -> None:
        assert worker.stdout is not None
        with worker.stdout:
            for line in worker.stdout:
                self.history.append(operation(node, line))

    def _repeat(self, nodes: Sequence[Node], name: str) -> None:
        """On one node after the other; those on a replica are refused."""
        turn = 0
        while not self._ending.is_set():
            node = nodes[turn % len(nodes)]
            done = node.manage(
                "write_notes", f"{name}{turn}", f"--count={NOTES_OF_A_COMMAND}", timeout=ENDS_WITHIN
            )
            self.history += [operation(node.name, line) for line in done.stdout.splitlines()]
            turn += 1


def operation(node: str, line: str) -> Operation:
    said = json.loads(line)
    outcome: Outcome = OUTCOMES[said["outcome"]]
    client = said["token"].partition(".")[0]
    done = outcome is Outcome.OK
    return Operation(
        client, "write", said["token"], said["started"], said["ended"], outcome, node,
        status=0, echo=said["token"] if done else "", served_by=node, newest=said["id"], detail=said["detail"],
    )  # fmt: skip
