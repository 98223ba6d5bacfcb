"""LiteFS itself: killed, frozen."""

from __future__ import annotations

import signal

from tools.cluster import Node, processes, until

from ..checker import Rules
from ..scene import AT_ONCE, ELECTION, Fault, Scene

AGAIN_WITHIN = 30.0


def kill_on_primary(scene: Scene) -> None:
    _kill(scene.cluster.primary)


def kill_on_replica(scene: Scene) -> None:
    _kill(scene.replica())


def freeze_primary(scene: Scene) -> None:
    _freeze(scene, scene.cluster.primary)


def freeze_replica(scene: Scene) -> None:
    _freeze(scene, scene.replica())


def _kill(node: Node) -> None:
    killed = node.kill_litefs()
    until(lambda: node.litefs_pid() not in (None, killed), f"LiteFS of {node.name} runs again", AGAIN_WITHIN)
    node.wait_ready()


def _freeze(scene: Scene, node: Node) -> None:
    pid = until(node.litefs_pid, f"LiteFS of {node.name} runs", AGAIN_WITHIN)
    processes.kill([pid], signal.SIGSTOP)
    try:
        scene.some(15.0, 30.0)
    finally:
        processes.kill([pid], signal.SIGCONT)


FAULTS = (
    Fault("litefs-killed", "SIGKILL to the primary's LiteFS", kill_on_primary, AT_ONCE, Rules(may_lose=True)),
    Fault("litefs-killed-replica", "SIGKILL to a replica's LiteFS", kill_on_replica),
    Fault(
        "litefs-frozen", "the primary's LiteFS is stopped for 15-30 s, then goes on", freeze_primary, ELECTION
    ),
    Fault("litefs-frozen-replica", "the same on a replica", freeze_replica),
)
