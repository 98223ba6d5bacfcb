"""Where a fault happens: the cluster, its network, and dice, so that the same seed does the same again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tools.cluster import Cluster, Node

from .checker import Rules
from .network import Network

LEASE_TTL = 10.0  # Consul's minimum with LiteFS, and our default
LOCK_DELAY = 1.0
ELECTION = (
    2 * LEASE_TTL + LOCK_DELAY + 2.0
)  # a whole node is lost: Consul may keep its session for twice its TTL
AT_ONCE = (
    5.0  # nothing happened to the lease, or its supervisor gave it back: 2 s, and what a busy machine adds
)
ELECTED_WITHIN = 40.0


@dataclass
class Scene:
    cluster: Cluster
    network: Network
    dice: random.Random
    measured: list[str] = field(default_factory=list)  # by the fault, beside what is measured of each

    def some(self, low: float, high: float) -> None:
        """Waits that many seconds: the length of a fault is part of it, and no condition ends it."""
        time.sleep(self.dice.uniform(low, high))

    def replica(self) -> Node:
        return self.dice.choice(self.cluster.replicas)

    def node(self) -> Node:
        return self.dice.choice(self.cluster.nodes)

    def others(self, node: Node) -> list[Node]:
        return [other for other in self.cluster.nodes if other is not node]


@dataclass(frozen=True)
class Fault:
    name: str
    what: str  # happens, and what ends it
    run: Callable[[Scene], None]  # in the main thread; returns when all that it broke is whole again
    within: float = AT_ONCE  # seconds from then until a write succeeds at every node
    rules: Rules = field(default_factory=Rules)
    workers: bool = False  # write beside the clients; no node may stop then
    kind: str = ""  # of cluster that it needs; see kinds.py
