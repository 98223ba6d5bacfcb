"""One open connection per process and database, so that the WAL index is never unmapped while the process lives.

Without it a process on a replica that opens and closes its only connection dies with SIGBUS while LiteFS applies
changes. An anchor holds no lock and no read transaction. One of a dead mount is leaked: closing it can stall.
"""

from __future__ import annotations

import os
import sqlite3
import threading

from django_litefs import _core

_anchors: dict[str, tuple[int, sqlite3.Connection]] = {}
_lock = threading.Lock()


def hold(path: str, device: int, uri: str) -> None:
    """Makes sure that this process holds an anchor on the database of this mount."""
    kept = _anchors.get(path)
    if kept is not None and kept[0] == device:
        return
    with _lock:
        kept = _anchors.get(path)
        if kept is not None and kept[0] == device:
            return
        connection = sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
        if kept is not None:
            _core.leak(kept)
        _anchors[path] = (device, connection)


def release(path: str) -> None:
    """Closes the one of a database that is about to be removed from a live mount."""
    with _lock:
        kept = _anchors.pop(path, None)
        if kept is not None:
            kept[1].close()


def release_all() -> None:
    """Closes them, for a process that is about to leave a live mount."""
    with _lock:
        for _, connection in _anchors.values():
            connection.close()
        _anchors.clear()


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    for kept in _anchors.values():
        _core.leak(kept)
    _anchors.clear()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)
