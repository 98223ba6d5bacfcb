"""No fault: what all others are compared with, and what a node takes in memory."""

from __future__ import annotations

from statistics import mean

from .. import resources
from ..checker import Rules
from ..scene import AT_ONCE, Fault, Scene


def rest(scene: Scene) -> None:
    scene.some(5.0, 6.0)
    memory = [resources.memory_by_program(node) for node in scene.cluster.nodes]
    taken = ", ".join(f"{name} {mean(m[name] for m in memory):.0f} MB" for name in memory[0])
    scene.measured.append(f"a node takes {taken}")


FAULTS = (Fault("nothing", "no fault at all", rest, AT_ONCE, Rules(may_fail=False, may_mark=False)),)
