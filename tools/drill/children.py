"""Each child killed in each phase of a node's start and stop: it ends healed, or stopped with a reason."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable

from tools.cluster import Cluster, Node, processes, until
from tools.cluster.node import NodeFailedError

from .table import Table

SETTLED_WITHIN = 60.0
LOOK = 0.002  # seconds: some phases last for milliseconds only
REASON = re.compile(r" (?:critical (.*)|warning (\w+ ended with code \d+))")


def child(node: Node, name: str) -> int | None:
    """The pid of that child of the node, if it runs at this moment."""
    for pid in processes.descendants(node.pid):
        words = processes.command(pid)
        if name in {os.path.basename(word) for word in words[:4]}:
            return pid
    return None


CHILDREN = ("litefs", "keeper", "litefs_migrate", "gunicorn")
# What the log says when a phase has begun.
STARTING = {
    "before the mount": "starts as",
    "mounted": "mount alive",
    "step": "step migrate",
    "app starting": "app started",
    "serving": "app answers",
}
STOPPING = {
    "draining": "info stopping",
    "handing off": "is asked to take over",
    "stopping the app": "Handling signal: term",
    "unmounting": "litefs shutting down",
}


def drill(_times: int) -> Table:
    table = Table("Children killed in each phase: healed, or stopped clean with a reason")
    with Cluster(2) as cluster:
        for role in ("replica", "primary"):
            for phase, words in STARTING.items():
                for name in CHILDREN:
                    during_start(table, cluster, role, phase, words, name)
        for role in ("replica", "primary"):
            for phase, words in STOPPING.items():
                for name in ("litefs", "keeper", "gunicorn"):
                    if (role, phase) != ("replica", "handing off"):
                        during_stop(table, cluster, role, phase, words, name)
    return table


def during_start(table: Table, cluster: Cluster, role: str, phase: str, words: str, name: str) -> None:
    cluster.wait_settled(SETTLED_WITHIN)
    node = cluster.primary if role == "primary" else cluster.replicas[0]
    if role == "primary":  # alone it is, as soon as it starts
        others = [other for other in cluster.nodes if other is not node]
        for other in others:
            other.stop()
    node.stop()
    at = len(node.log.read_text(errors="replace"))
    node.start()
    said(node, at, words)
    pid = wait_for(lambda: child(node, name), 3.0)
    if pid is not None:
        processes.kill([pid], signal.SIGKILL)
    case = f"{role}, {phase}, {name}"
    outcome, right = ("not running in this phase", True) if pid is None else end_of(node, at, name, pid)
    if pid is not None or not right:
        table.row(case, outcome, right)
    if role == "primary":
        for other in others:
            other.start()
    if not node.running:
        node.start()


def during_stop(table: Table, cluster: Cluster, role: str, phase: str, words: str, name: str) -> None:
    cluster.wait_settled(SETTLED_WITHIN)
    node = cluster.primary if role == "primary" else cluster.replicas[0]
    at = len(node.log.read_text(errors="replace"))
    tree = [node.pid, *processes.descendants(node.pid)]
    pid = child(node, name)
    assert pid is not None, f"{name} runs"
    node.terminate()
    said(node, at, words)
    running = processes.alive(pid)
    processes.kill([pid], signal.SIGKILL)
    code = node.wait_end()
    left = [p for p in tree if processes.alive(p)]
    clean = not node.is_mounted() and not left
    node.start()
    cluster.wait_settled(SETTLED_WITHIN)
    why = reason(node, at)
    outcome = f"stopped with code {code}{why and ': '}{why}; clean: {clean}"
    if running:
        table.row(f"{role}, {phase}, {name}", outcome, clean and (code == 0 or bool(why)))


def end_of(node: Node, at: int, name: str, killed: int) -> tuple[str, bool]:
    """Healed within a minute, or ended with a code and a reason."""
    started = time.monotonic()
    try:
        until(lambda: node.is_ready() and child(node, name) not in (None, killed), "healed", SETTLED_WITHIN)
    except NodeFailedError:
        code, why = node.wait_end(), reason(node, at)
        return f"stopped with code {code}: {why}", code != 0 and bool(why) and not node.is_mounted()
    return f"healed after {time.monotonic() - started:.1f} s", True


def said(node: Node, at: int, words: str) -> None:
    until(lambda: node.said(words, at), f"{node.name} says {words!r}", SETTLED_WITHIN, pause=LOOK)


def reason(node: Node, at: int) -> str:
    """The last line that says why it ended with another code than 0."""
    found = REASON.findall(node.log.read_text(errors="replace")[at:])
    return "".join(found[-1]) if found else ""


def wait_for(find: Callable[[], int | None], within: float) -> int | None:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if (found := find()) is not None:
            return found
        time.sleep(LOOK)
    return None
