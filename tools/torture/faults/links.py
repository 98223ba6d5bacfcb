"""Cables: packets that vanish between nodes, clients and Consul."""

from __future__ import annotations

from ..checker import Rules
from ..scene import ELECTION, Fault, Scene


def cut_off_primary(scene: Scene) -> None:
    scene.network.cut_off(scene.cluster.primary.address)
    scene.some(4.0, 30.0)
    scene.network.heal()


def split_primary(scene: Scene) -> None:
    """Clients still reach it; peers and Consul do not. It goes on as primary until its lease is out."""
    node = scene.cluster.primary
    for other in [*(n.address for n in scene.others(node)), scene.network.consul]:
        scene.network.cut(node.address, other)
        scene.network.cut(other, node.address)
    scene.some(4.0, 30.0)
    scene.network.heal()


def cut_one_way(scene: Scene) -> None:
    ends = [scene.cluster.primary.address, scene.replica().address]
    scene.dice.shuffle(ends)
    scene.network.cut(*ends)
    scene.some(4.0, 15.0)
    scene.network.heal()


def cut_consul_for_long(scene: Scene) -> None:
    _cut_consul(scene)
    scene.some(60.0, 60.0)
    scene.network.heal()


def cut_consul(scene: Scene) -> None:
    _cut_consul(scene)
    scene.some(4.0, 25.0)
    scene.network.heal()


def _cut_consul(scene: Scene) -> None:
    for node in scene.cluster.nodes:
        scene.network.cut(node.address, scene.network.consul)


LOSSY = Rules(may_lose=True)
FAULTS = (
    Fault("primary-cut-off", "the primary's cable is out for 4-30 s", cut_off_primary, ELECTION, LOSSY),
    Fault(
        "primary-split",
        "the primary hears clients, but neither peers nor Consul, for 4-30 s",
        split_primary,
        ELECTION,
        LOSSY,
    ),
    Fault(
        "one-way-cut", "packets from primary to a replica, or back, vanish for 4-15 s", cut_one_way, ELECTION
    ),
    Fault("consul-cut", "no node reaches Consul for 4-25 s", cut_consul, ELECTION),
    Fault("consul-out", "the same for 60 s", cut_consul_for_long, ELECTION),
)
