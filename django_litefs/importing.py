"""Puts a SQLite file in the place of a database of the cluster: one transaction that LiteFS replicates as any other.

The primary's LiteFS is given the file whole. Everything that would make LiteFS stop half way (damage, another page
size) is found before.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from django_litefs import control, copying
from django_litefs._values import split_address
from django_litefs.node import Node
from django_litefs.settings import Settings

MARKER_FILE = "imported.json"
TRANSFER_TIMEOUT_S = 600.0  # without a byte taken or an answer given
CHUNK = 1 << 20
PAUSE_S = 0.1
SIDE_FILES = ("", "-journal", "-wal", "-shm")
# Filled by migrations alone: a database with rows in these and in no other table holds nobody's data.
FILLED_BY_MIGRATE = (
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "django_site",
    "sqlite_sequence",
)


@dataclass(frozen=True)
class Prepared:
    """A checked copy of the file, as LiteFS wants it."""

    path: str
    size: int
    rows: dict[str, int]


@contextlib.contextmanager
def prepared(s: Settings, file: str, database: str, progress: copying.Progress) -> Iterator[Prepared]:
    """In DATA_PATH as long as the block runs. Raises CopyError and OSError."""
    if not os.path.isfile(file):
        raise copying.CopyError(f"{file} does not exist.")
    with open(file, "rb") as opened:
        if opened.read(16) != b"SQLite format 3\0":
            raise copying.CopyError(f"{file} is no SQLite database.")
    descriptor, path = tempfile.mkstemp(prefix=".import-", dir=s.data_path)
    os.close(descriptor)
    try:
        copying.copy_plain(file, path, progress)
        copying.check(path)
        _same_pages(path, os.path.join(s.mount_path, database))
        rows = copying.count_rows(path)
        copying.use_journal(path, "wal")  # LiteFS's replicas stop at any other
        yield Prepared(path, os.path.getsize(path), rows)
    except sqlite3.Error as error:
        raise copying.CopyError(f"{file}: {error}") from None
    finally:
        for suffix in SIDE_FILES:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path + suffix)


def rows_of_somebody(path: str) -> dict[str, int]:
    """The tables with rows that no migration put there."""
    if not os.path.exists(path):
        return {}
    return {name: n for name, n in copying.count_rows(path).items() if n and name not in FILLED_BY_MIGRATE}


def give(s: Settings, database: str, what: Prepared, progress: copying.Progress) -> None:
    """To this node's LiteFS, which must be the primary's. Raises CopyError."""
    host, port = split_address(s.http_addr)
    connection = http.client.HTTPConnection(host, port, timeout=TRANSFER_TIMEOUT_S)
    try:
        with open(what.path, "rb") as file:
            body = _read(file, what.size, progress)
            headers = {"Content-Length": str(what.size)}
            connection.request("POST", f"/import?name={quote(database)}", body, headers)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        raise copying.CopyError(
            f"LiteFS at {s.http_addr} broke off ({error}): look at {database} before you try again."
        ) from None
    finally:
        connection.close()
    if answer.status != 200:
        raise copying.CopyError(f"LiteFS refused it: {answer.status} {text}")


def wait_for_all(database: str, position: str, seconds: float) -> list[str]:
    """Until every node that is linked has come to that position; the names of those that have not in that time."""
    deadline = time.monotonic() + seconds
    while True:
        nodes = control.cluster()["nodes"]
        late = [n["hostname"] for n in nodes if not _reached(n["positions"].get(database, ""), position)]
        if not late or time.monotonic() > deadline:
            return late
        time.sleep(PAUSE_S)


def wait_for_change(node: Node, database: str, before: str, seconds: float) -> str:
    """The position after the import, as this node's mount shows it."""
    deadline = time.monotonic() + seconds
    while (now := position(node, database)) in ("", before):
        if time.monotonic() > deadline:
            raise copying.CopyError(f"{database} did not change although LiteFS took it.")
        time.sleep(PAUSE_S)
    return now


def position(node: Node, database: str) -> str:
    """ "" if there is no such database."""
    if not os.path.exists(os.path.join(node.mount, database)):
        return ""
    return str(node.position(database, node.facts(fresh=True).mount_device))


def was_imported(s: Settings, file: str) -> bool:
    """By this node, from this very file."""
    try:
        with open(os.path.join(s.data_path, MARKER_FILE), encoding="utf-8") as marker:
            return bool(json.load(marker) == _identity(file))
    except (OSError, ValueError):
        return False


def remember(s: Settings, file: str) -> None:
    path = os.path.join(s.data_path, MARKER_FILE)
    with open(f"{path}.new", "w", encoding="utf-8") as marker:
        json.dump(_identity(file), marker)
    os.replace(f"{path}.new", path)


def _identity(file: str) -> dict[str, object]:
    found = os.stat(file)
    return {"file": os.path.abspath(file), "size": found.st_size, "changed": found.st_mtime_ns}


def _same_pages(path: str, existing: str) -> None:
    if not os.path.exists(existing):
        return
    wanted, given = copying.page_size(existing), copying.page_size(path)
    if wanted != given:
        raise copying.CopyError(
            f"Its pages are of {given} bytes, those of the database in place of {wanted}, which LiteFS cannot change: "
            f"sqlite3 FILE 'PRAGMA journal_mode = delete; PRAGMA page_size = {wanted}; VACUUM'"
        )


def _read(file: object, size: int, progress: copying.Progress) -> Iterator[bytes]:
    done = 0
    read: Callable[[int], bytes] = file.read  # type: ignore[attr-defined]
    while chunk := read(CHUNK):
        yield chunk
        done += len(chunk)
        progress(done, size)


def _reached(now: str, wanted: str) -> bool:
    return now[:16] >= wanted[:16] if now else False
