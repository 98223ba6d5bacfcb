"""One consistent copy of a database that is written meanwhile, on the primary and on a replica."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from django_litefs import copying, progress
from django_litefs.conf import this_node
from tests.python.litefs_node import LitefsNode, until

DATABASE = "db.sqlite3"


def nothing(_done: int, _size: int) -> None:
    """No progress is shown."""


def copied(path: Path) -> tuple[int, int]:
    """Rows and their sum; every row is one more than the one before, so a copy in between shows."""
    copying.use_journal(str(path), "delete")
    copying.check(str(path))
    with closing(sqlite3.connect(path)) as connection:
        rows, most = connection.execute("SELECT count(*), max(x) FROM t").fetchone()
        return int(rows), int(most)


@contextmanager
def writer(path: str) -> Iterator[None]:
    """Two rows to a transaction, from 1 up, as fast as it goes."""
    ending, begun = threading.Event(), threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as connection:
            x = 0
            while not ending.is_set():
                x += 2
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("INSERT INTO t VALUES (?), (?)", (x - 1, x))
                connection.execute("COMMIT")
                begun.set()

    thread = threading.Thread(target=write)
    thread.start()
    assert begun.wait(10)
    try:
        yield
    finally:
        ending.set()
        thread.join()


def fill(path: str, megabytes: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE filling (b BLOB)")
        connection.execute("BEGIN")
        for _ in range(megabytes):
            connection.execute("INSERT INTO filling VALUES (randomblob(1000000))")
        connection.execute("COMMIT")


def test_a_plain_file_that_is_written(tmp_path: Path) -> None:
    source, target = str(tmp_path / "a"), tmp_path / "b"
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("CREATE TABLE t (x)")
    fill(source, 3)
    with writer(source):
        assert copying.copy_plain(source, str(target), nothing) == copying.Copied("", 0.0)
    rows, most = copied(target)
    assert rows == (most or 0)
    assert copying.count_rows(str(target)) == {"filling": 3, "t": rows}


@pytest.mark.integration
@pytest.mark.parametrize("where", ["primary", "replica"])
def test_a_database_of_the_mount(
    where: str, wrapper: Any, on_node: LitefsNode, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    assert wrapper is not None
    path = str(on_node.mount / DATABASE)
    fill(path, 3)
    node = on_node if where == "primary" else request.getfixturevalue("replica")
    target = tmp_path / "copy"
    target.touch()
    assert this_node() is not None
    with writer(path):
        done = copying.copy_from_node(this_node(), DATABASE, str(target), nothing)  # type: ignore[arg-type]
    rows, most = copied(target)
    assert rows == most
    assert rows % 2 == 0, "half of a transaction"
    assert len(done.position) == 33
    assert done.position <= node.primary.position()
    assert (done.held_s > 0) == (where == "replica")
    assert done.held_s < 1


@pytest.mark.integration
def test_what_changes_during_the_copy_is_in_it(
    replica: LitefsNode, on_node: LitefsNode, wrapper: Any, tmp_path: Path
) -> None:
    assert wrapper is not None
    target = tmp_path / "copy"
    target.touch()
    done_once = threading.Event()

    def meanwhile(done: int, size: int) -> None:
        if done < size or done_once.is_set():
            return
        done_once.set()
        with closing(sqlite3.connect(on_node.mount / DATABASE)) as connection:
            connection.execute("CREATE TABLE later (x)")
            connection.execute("INSERT INTO t VALUES (1), (2)")
            connection.commit()
        until(replica.has_caught_up, "the replica has it")

    done = copying.copy_from_node(this_node(), DATABASE, str(target), meanwhile)  # type: ignore[arg-type]
    assert copied(target) == (2, 2)
    assert done.position == replica.position()


@pytest.mark.integration
def test_a_position_belongs_to_its_copy(replica: LitefsNode, wrapper: Any, tmp_path: Path) -> None:
    """Nobody writes: the copy is exactly what stands at that position."""
    assert wrapper is not None
    target = tmp_path / "copy"
    target.touch()
    done = copying.copy_from_node(this_node(), DATABASE, str(target), nothing)  # type: ignore[arg-type]
    assert done.position == replica.position()
    assert target.read_bytes() == (replica.mount / DATABASE).read_bytes()


@pytest.mark.integration
def test_what_is_too_large_for_a_replica(
    replica: LitefsNode, wrapper: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert wrapper is not None
    assert replica.process is not None
    target = tmp_path / "copy"
    target.touch()
    monkeypatch.setattr(copying, "HOLD_MAX_S", -1.0)
    with pytest.raises(copying.CopyError, match="run it on the primary"):
        copying.copy_from_node(this_node(), DATABASE, str(target), nothing)  # type: ignore[arg-type]


@pytest.mark.integration
def test_no_mount_and_no_database(on_node: LitefsNode, tmp_path: Path) -> None:
    node = this_node()
    assert node is not None
    with pytest.raises(copying.CopyError, match="does not exist on this node"):
        copying.copy_from_node(node, DATABASE, str(tmp_path / "x"), nothing)
    on_node.kill()
    with pytest.raises(copying.CopyError, match="is not there"):
        copying.copy_from_node(node, DATABASE, str(tmp_path / "x"), nothing)


def test_damage_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("CREATE INDEX i ON t (x)")
        connection.executemany("INSERT INTO t VALUES (?)", [(str(n) * 50,) for n in range(500)])
        connection.commit()
    copying.check(str(path))
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 3000] = bytes(3000)
    path.write_bytes(raw)
    with pytest.raises(copying.CopyError, match="is damaged"):
        copying.check(str(path))


class Output:
    def __init__(self, terminal: bool) -> None:
        self.terminal, self.text = terminal, ""

    def isatty(self) -> bool:
        return self.terminal

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        """Nothing is kept back."""


@pytest.mark.parametrize(("terminal", "lines"), [(True, 9), (False, 1)])
def test_progress(monkeypatch: pytest.MonkeyPatch, terminal: bool, lines: int) -> None:
    now = iter(float(n) for n in range(100))
    monkeypatch.setattr("time.monotonic", lambda: next(now))
    output = Output(terminal)
    with progress.shown("copying", output) as tell:  # type: ignore[arg-type]
        for done in range(1, 10):
            tell(done * 1_000_000, 9_000_000)
    assert output.text.count("copying: ") == lines
    assert "of 9.0 MB" in output.text
