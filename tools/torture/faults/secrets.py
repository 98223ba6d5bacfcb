"""The secret that nodes sign with is replaced, node by node, while they work."""

from __future__ import annotations

import secrets

from ..checker import Rules
from ..scene import Fault, Scene
from .nodes import restart

KEY = "LITEFS_SECRET"


def rotate(scene: Scene) -> None:
    """The new one is known to all before anybody signs with it, and the old one until nobody does."""
    old = scene.cluster.nodes[0].environment[KEY]
    new = secrets.token_hex(16)
    for accepted in ([old, new], [new, old], [new]):
        for node in scene.cluster.nodes:
            node.environment[KEY] = ",".join(accepted)
            restart([node])


FAULTS = (
    Fault("secret-rotated", "a new secret in three rolling restarts", rotate, rules=Rules(may_fail=False)),
)
