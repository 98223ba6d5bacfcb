"""Whole nodes and their supervisors: killed, stopped, restarted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.cluster import Node, processes, until

from ..checker import Rules
from ..scene import ELECTED_WITHIN, ELECTION, Fault, Scene

HOLDS_THE_LOCK = (
    "import time; from django.db import transaction; from notes.models import Counter\n"
    "with transaction.atomic(): Counter.objects.create(name='lock'); print('locked', flush=True); time.sleep(30)"
)
LOCKED_WITHIN = 20.0


def kill_proxy(scene: Scene) -> None:
    """The supervisor alone. Started again while what it ran is still ending (idle gunicorn workers take 15 s)."""
    node = scene.cluster.primary
    processes.kill([node.pid])
    node.wait_end()
    scene.some(0.0, 1.0)
    node.start()
    node.wait_ready()


def kill_node(scene: Scene) -> None:
    node = scene.cluster.primary
    node.kill()
    others = scene.others(node)
    until(lambda: any(n.role() == "primary" for n in others), "a new primary", ELECTED_WITHIN)
    node.start()
    node.wait_ready()


def restart_killed_node(scene: Scene) -> None:
    """It is back before its lease ran out, which only Consul can end now."""
    node = scene.cluster.primary
    node.kill()
    scene.some(0.5, 3.0)
    node.start()
    node.wait_ready()


def restart(nodes: list[Node]) -> None:
    """SIGTERM to all at once; started again when all have ended."""
    for node in nodes:
        node.terminate()
    codes = {node.name: node.wait_end() for node in nodes}
    for node in nodes:
        node.start()
    for node in nodes:
        node.wait_ready()
    if any(codes.values()):
        raise RuntimeError(f"stopped with exit codes {codes}")


def stop_node(scene: Scene) -> None:
    restart([scene.node()])


def stop_two(scene: Scene) -> None:
    restart([scene.cluster.primary, scene.replica()])


def roll(scene: Scene) -> None:
    for node in scene.cluster.nodes:
        restart([node])


def kill_in_hold(scene: Scene) -> None:
    """A writer keeps the lock, so that a handoff waits for it; in that moment the primary's machine dies."""
    node, target = scene.cluster.primary, scene.replica()
    program = Path(sys.executable).parent / "litefs-proxy"
    writer = subprocess.Popen(
        [*node.wrapper, sys.executable, "manage.py", "shell", "-c", HOLDS_THE_LOCK],
        cwd=node.site, env=node.full_environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    handoff = None
    try:
        assert writer.stdout is not None
        until(writer.stdout.readline, "a writer holds the write lock", LOCKED_WITHIN)
        handoff = subprocess.Popen(
            [program, "promote", "--socket", target.data / "proxy.sock"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        scene.some(0.3, 1.5)
        node.kill()
    finally:
        writer.kill()
        writer.communicate()
        if handoff:
            handoff.wait()
    others = scene.others(node)
    until(lambda: any(n.role() == "primary" for n in others), "a new primary", ELECTED_WITHIN)
    node.start()
    node.wait_ready()


LOSSY = Rules(may_lose=True)
FAULTS = (
    Fault(
        "proxy-killed",
        "SIGKILL to the primary's litefs-proxy; started again within a second",
        kill_proxy,
        ELECTION,
        LOSSY,
    ),
    Fault(
        "node-killed", "SIGKILL to all of the primary's node; back after the election", kill_node, rules=LOSSY
    ),
    Fault(
        "node-killed-back", "the same, back before its lease ran out", restart_killed_node, ELECTION, LOSSY
    ),
    Fault("killed-in-hold", "the same while a handoff waits for a writer", kill_in_hold, rules=LOSSY),
    Fault("node-restarted", "SIGTERM to any node, started again", stop_node, rules=Rules(may_fail=False)),
    Fault("two-restarted", "SIGTERM to the primary and a replica at once, started again", stop_two),
    Fault(
        "rolling-restart", "SIGTERM to each node in turn, started again", roll, rules=Rules(may_fail=False)
    ),
)
