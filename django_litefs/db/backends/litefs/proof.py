"""Proof that a COMMIT happened: the database's position has moved.

LiteFS commits when SQLite releases its write lock, and an error there cannot reach SQLite: a COMMIT that SQLite reports
as done may not be done. Just before COMMIT, under the write lock, nobody else can move the position.

A position that did not move proves nothing by itself: the kernel answers from its cache even when LiteFS is gone. But
LiteFS ends its own process before it answers a COMMIT that failed. So a LiteFS that answers now (statfs() is never
cached), on the same mount, had nothing to write.
"""

from __future__ import annotations

from collections.abc import Callable

from django_litefs import _core
from django_litefs.node import Facts, Node


class UnprovenError(Exception):
    """COMMIT returned, but nothing shows that it happened."""


def commit_and_prove(
    node: Node, facts: Facts, database: str, commit: Callable[[], object]
) -> _core.Position | None:
    """The new position; None if there was nothing to write.

    Raises UnprovenError, or MountError if COMMIT was not begun.
    """
    before = node.position(database, facts.mount_device)
    commit()
    try:
        after = node.position(database, facts.mount_device)
        if after.txid > before.txid:
            return after
        if _core.inspect_mount(node.mount).device != facts.mount_device:
            raise UnprovenError("LiteFS was restarted in that moment")
    except _core.MountError as error:
        raise UnprovenError(str(error)) from error
    return None
