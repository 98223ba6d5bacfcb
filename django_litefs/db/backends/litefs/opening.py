"""Opening databases: on a live mount only, in WAL mode, never creating a file beside the mount."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from django_litefs.db.backends.litefs.errors import Translator
    from django_litefs.node import Facts, Node


def prepare_plain(connection: sqlite3.Connection) -> None:
    """A single node's file: the same journal and durability as on LiteFS."""
    _use_wal(connection)
    connection.execute("PRAGMA synchronous = NORMAL")


def prepare_on_mount(connection: sqlite3.Connection, facts: Facts) -> None:
    if facts.writable:
        _use_wal(connection)
    connection.execute(
        "PRAGMA synchronous = NORMAL"
    )  # LiteFS syncs each transaction itself before it publishes it


def find_on_mount(node: Node, facts: Facts, path: str, errors: Translator) -> str:
    """The URI of the database on the live mount, created first if this is the primary."""
    if not facts.mount_alive:
        raise errors.mount_lost()
    try:
        folder = os.open(node.mount, os.O_RDONLY | os.O_DIRECTORY)
        try:
            if os.fstat(folder).st_dev != facts.mount_device:
                raise errors.mount_lost()
            name = os.path.basename(path)
            if not _exists(name, folder):
                if not facts.writable:
                    raise errors.not_here_yet()
                _create(name, folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise errors.mount_lost() from error
    return f"file:{quote(path)}?mode=rw"


def _exists(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder)
    except FileNotFoundError:
        return False
    return True


def _create(name: str, folder: int) -> None:
    """Relative to the mount's own descriptor, so it cannot end up in the folder below an unmounted mount.

    Never opens an existing file: closing that descriptor would drop this process's locks on it.
    """
    with contextlib.suppress(FileExistsError):  # another process was faster
        os.close(os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=folder))


def _use_wal(connection: sqlite3.Connection) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode != "wal":
        connection.execute("PRAGMA journal_mode = wal")
