"""One consistent, checked copy of a database, taken while the site runs. Used by litefs_export and litefs_import.

On the primary (or a single node) the copy is one long read, which stops nobody. On a replica a read stops replication,
so there the file is copied without any lock first; then, in one read of at most HOLD_MAX_S, what changed meanwhile is
copied again. A database for which that is too short is exported on the primary.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from django_litefs import _core
from django_litefs.node import Node

HOLD_MAX_S = 0.8  # of the second that is promised; letting go takes a moment too
BUSY_TIMEOUT_S = 10.0
CHUNK = 1 << 20
PAGES_PER_STEP = 1024
PROBLEMS_SHOWN = 5
Progress = Callable[[int, int], None]  # bytes done, bytes in all


class CopyError(Exception):
    """There is no copy, and why."""


@dataclass(frozen=True)
class Copied:
    position: str  # "" without LiteFS
    held_s: float  # how long replication on this node stood still


def copy_plain(source: str, target: str, progress: Progress) -> Copied:
    """Of a file that LiteFS does not know, whoever writes it meanwhile."""
    with contextlib.closing(_open_to_read(source)) as connection:
        _begin(connection)
        _back_up(connection, target, progress)
    return Copied("", 0.0)


def copy_from_node(node: Node, database: str, target: str, progress: Progress) -> Copied:
    """Of a database of this node's mount. Raises CopyError."""
    facts = node.facts(fresh=True)
    path = os.path.join(node.mount, database)
    if not facts.mount_alive:
        raise CopyError(f"The mount {node.mount} is not there: is 'manage.py litefs_start' running?")
    if not os.path.exists(path):
        raise CopyError(f"{database} does not exist on this node yet.")
    try:
        if facts.role == "primary":
            return _copy_on_primary(node, database, path, target, progress)
        return _copy_on_replica(node, database, path, target, progress, bounded=facts.role == "replica")
    except (OSError, sqlite3.Error, _core.MountError) as error:
        raise CopyError(f"{database}: {error}") from error


def check(path: str) -> None:
    """SQLite's own integrity check. Raises CopyError."""
    with contextlib.closing(_open_to_read(path)) as connection:
        try:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
        except sqlite3.DatabaseError as error:
            found = [str(error)]
    if found != ["ok"]:
        raise CopyError(f"{path} is damaged: {'; '.join(found[:PROBLEMS_SHOWN])}")


def count_rows(path: str) -> dict[str, int]:
    """The rows of each table."""
    with contextlib.closing(_open_to_read(path)) as connection:
        _begin(connection)
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
        )
        return {name: _count(connection, name) for (name,) in names.fetchall()}


def page_size(path: str) -> int:
    with contextlib.closing(_open_to_read(path)) as connection:
        return int(connection.execute("PRAGMA page_size").fetchone()[0])


def use_journal(path: str, mode: str) -> None:
    """ "delete": one file that holds everything; "wal": the same, as LiteFS must be given it."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        found = connection.execute(f"PRAGMA journal_mode = {mode}").fetchone()[0]
        if found != mode:
            raise CopyError(f"{path}: journal_mode stays {found}.")


def sync(path: str) -> None:
    """The file, and its name in its folder, are on disk."""
    for name in (path, os.path.dirname(path) or "."):
        descriptor = os.open(name, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _copy_on_primary(node: Node, database: str, path: str, target: str, progress: Progress) -> Copied:
    with contextlib.closing(_open_to_read(path)) as connection:
        with _no_writer(path):  # else a commit could be visible whose position is not there yet
            position = _position(node, database)
            _begin(connection)
        _back_up(connection, target, progress)
    return Copied(position, 0.0)


def _copy_on_replica(
    node: Node, database: str, path: str, target: str, progress: Progress, *, bounded: bool
) -> Copied:
    # Kept open to the end: closing it would give up the locks that SQLite holds on the same file in this process.
    with open(path, "rb", buffering=0) as source, open(target, "r+b", buffering=0) as copy:
        size = os.fstat(source.fileno()).st_size
        for offset in range(0, size, CHUNK):
            os.pwrite(copy.fileno(), os.pread(source.fileno(), CHUNK, offset), offset)
            progress(min(offset + CHUNK, size), size)
        with contextlib.closing(_open_to_read(path)) as connection:
            began = time.monotonic()
            _begin(connection)
            position = _position(node, database)
            if _has_frames(path):
                raise CopyError(
                    f"{database} was written here a moment ago, as the primary: try again in a moment."
                )
            end = began + HOLD_MAX_S if bounded else None
            _copy_changes(source.fileno(), copy.fileno(), _size(connection), end)
            if _position(node, database) != position:
                raise CopyError(f"{database} changed under the copy: try again.")
            connection.execute("ROLLBACK")
            held = time.monotonic() - began
        return Copied(position, held if bounded else 0.0)


def _copy_changes(source: int, copy: int, size: int, end: float | None) -> None:
    for offset in range(0, size, CHUNK):
        if end is not None and time.monotonic() > end:
            raise CopyError(
                f"This database is too large to be read on a replica within {HOLD_MAX_S} s, for which replication "
                "stands still: run it on the primary, which 'litefs_primary' names."
            )
        now = os.pread(source, min(CHUNK, size - offset), offset)
        if now != os.pread(copy, len(now), offset):
            os.pwrite(copy, now, offset)
    os.ftruncate(copy, size)


def _has_frames(path: str) -> bool:
    """Is a part of the database in its write-ahead log? Never so on a node that was a replica all the time."""
    try:
        return os.stat(f"{path}-wal").st_size > 0
    except FileNotFoundError:
        return False


def _open_to_read(path: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(os.path.abspath(path))}?mode=ro",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        cached_statements=0,
    )


def _begin(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # now it reads


def _size(connection: sqlite3.Connection) -> int:
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    return int(pages) * int(connection.execute("PRAGMA page_size").fetchone()[0])


def _count(connection: sqlite3.Connection, table: str) -> int:
    name = table.replace('"', '""')
    return int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])  # noqa: S608 (quoted)


def _back_up(connection: sqlite3.Connection, target: str, progress: Progress) -> None:
    """Of the open read transaction, so that no later commit makes it begin again."""
    size = int(connection.execute("PRAGMA page_size").fetchone()[0])
    with contextlib.closing(sqlite3.connect(target)) as copy:
        connection.backup(
            copy,
            pages=PAGES_PER_STEP,
            sleep=0,
            progress=lambda _, left, total: progress((total - left) * size, total * size),
        )


@contextlib.contextmanager
def _no_writer(path: str) -> Iterator[None]:
    with contextlib.closing(
        sqlite3.connect(f"file:{quote(path)}?mode=rw", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    ) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def _position(node: Node, database: str) -> str:
    return str(node.position(database, node.facts(fresh=True).mount_device))


def temporary_beside(path: str) -> str:
    """A new empty file in the same folder, readable by its owner alone."""
    folder, name = os.path.split(os.path.abspath(path))
    made = Path(folder, f".{name}.{os.getpid()}.part")
    made.touch(mode=0o600, exist_ok=False)
    return str(made)
