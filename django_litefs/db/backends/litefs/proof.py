"""Proof that a COMMIT happened: the database's position has moved.

LiteFS commits when SQLite releases its write lock, and an error there cannot reach SQLite: a COMMIT that SQLite reports
as done may not be done. Just before COMMIT, under the write lock, nobody else can move the position.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from django_litefs import _core
from django_litefs.node import Facts, Node

SECOND_LOOK_S = 0.02


class UnprovenError(Exception):
    """COMMIT returned, but nothing shows that it happened."""


def commit_and_prove(
    node: Node, facts: Facts, database: str, commit: Callable[[], object]
) -> _core.Position | None:
    """The new position; None if there was nothing to write.

    Raises UnprovenError, or MountError if COMMIT was not begun.
    """
    litefs_id = node.known_litefs_id(facts)
    before = node.position(database, facts.mount_device)
    commit()
    try:
        after = node.position(database, facts.mount_device)
        if after.txid > before.txid:
            return after
        time.sleep(SECOND_LOOK_S)
        if not litefs_id or node.litefs_id() != litefs_id:
            raise UnprovenError("LiteFS was stopped or restarted in that moment")
        after = node.position(database, facts.mount_device)
    except _core.MountError as error:
        raise UnprovenError(str(error)) from error
    return after if after.txid > before.txid else None
