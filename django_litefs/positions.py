"""Waiting until a node's databases have come as far as someone has seen them. Framework-free."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from django_litefs import _core

if TYPE_CHECKING:
    from django_litefs.node import Node

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.001, 0.05


def pauses(node: Node, wanted: Mapping[str, _core.Position], limit_s: float) -> Iterator[float]:
    """How long to sleep, again and again, until this replica is there; at most `limit_s` in all, on a primary never."""
    deadline, pause = time.monotonic() + limit_s, FIRST_PAUSE_S
    while wanted and _may_come(node, wanted) and (left := deadline - time.monotonic()) > 0:
        yield min(pause, left)
        pause = min(pause * 2, LONGEST_PAUSE_S)


def reached(node: Node, wanted: Mapping[str, _core.Position]) -> bool:
    """Are all of them here? On the same TXID with another checksum they are not: another history."""
    device = node.facts().mount_device
    try:
        return all(_is_past(node.position(name, device), position) for name, position in wanted.items())
    except _core.MountError:
        return False


def _is_past(here: _core.Position, wanted: _core.Position) -> bool:
    return here.txid > wanted.txid or (here.txid == wanted.txid and here.checksum == wanted.checksum)


def _may_come(node: Node, wanted: Mapping[str, _core.Position]) -> bool:
    facts = node.facts()
    if facts.writable or not facts.mount_alive:
        return False
    try:
        return any(node.position(name, facts.mount_device).txid < p.txid for name, p in wanted.items())
    except _core.MountError:
        return False
