"""The primary role moves: by plan, or because somebody asks LiteFS itself."""

from __future__ import annotations

import http.client
import time
from statistics import median

from tools.cluster import Node
from tools.cluster.node import LITEFS_PORT

from ..checker import Rules
from ..scene import AT_ONCE, Fault, Scene

PLANNED = 20
UNPLANNED = 3
FLAPS = 6
ASKED_WITHIN = 10.0
READY_AGAIN_WITHIN = 20.0


def promote_directly(node: Node) -> int:
    """Asks LiteFS, past the proxy that would drain writers; the status of its answer, 0 without one."""
    connection = http.client.HTTPConnection(node.address, LITEFS_PORT, timeout=ASKED_WITHIN)
    try:
        connection.request("POST", "/promote")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def hand_off(scene: Scene) -> None:
    _hand_off(scene, 1)


def hand_off_again_and_again(scene: Scene) -> None:
    _hand_off(scene, PLANNED)


def _hand_off(scene: Scene, times: int) -> None:
    before = {node.name: node.litefs_pid() for node in scene.cluster.nodes}
    held = []
    for _ in range(times):
        held.append(scene.cluster.hand_off(scene.replica()))
        scene.some(0.3, 0.8)
    died = [node.name for node in scene.cluster.nodes if node.litefs_pid() != before[node.name]]
    scene.measured.append(
        f"{times} handoffs, writes held {median(held):.0f} ms in the middle, {max(held):.0f} ms at most; "
        f"LiteFS ended: {died or 'nowhere'}"
    )
    if died:
        raise RuntimeError(f"LiteFS ended in a planned handoff at {died}")


def promote(scene: Scene) -> None:
    for _ in range(UNPLANNED):
        _promote(scene, scene.replica())
        scene.some(2.0, 3.0)


def _promote(scene: Scene, target: Node) -> None:
    """LiteFS may end for it (exit code 99) where a transaction was open; that node must be ready again soon."""
    before = {node.name: node.litefs_pid() for node in scene.cluster.nodes}
    asked = time.monotonic()
    promote_directly(target)
    scene.some(0.8, 1.0)
    for node in scene.cluster.nodes:
        if node.litefs_pid() != before[node.name]:
            node.wait_ready(READY_AGAIN_WITHIN)
            scene.measured.append(
                f"LiteFS of {node.name} ended; ready again {time.monotonic() - asked:.1f} s later"
            )


def flap(scene: Scene) -> None:
    for _ in range(FLAPS):
        promote_directly(scene.node())  # without waiting for whoever is primary now
        scene.some(1.5, 2.0)


FAULTS = (
    Fault("handoff", "a planned handoff to a random replica", hand_off, rules=Rules(may_fail=False)),
    Fault(
        "handoffs",
        f"{PLANNED} of them in a row, with workers and commands among the writers",
        hand_off_again_and_again,
        rules=Rules(may_fail=False),
        workers=True,
    ),
    Fault(
        "promote",
        "LiteFS itself is asked for the role, 3 times in 12 s",
        promote,
        AT_ONCE,
        Rules(may_lose=True),
    ),
    Fault("flapping", "the same at any node every 2 s, 6 times", flap, AT_ONCE, Rules(may_lose=True)),
)
