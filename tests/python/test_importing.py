"""litefs_import on a real LiteFS; a litefs-proxy that freezes writes is tried by the cluster tests."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from django_litefs import control, importing
from django_litefs.conf import effective
from tests.python.litefs_node import LitefsNode, until

pytestmark = pytest.mark.integration

DATABASE = "db.sqlite3"


def make_file(path: Path, rows: int = 3, page_size: int = 4096, journal: str = "delete") -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA page_size = {page_size}")
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.execute("CREATE TABLE notes (x TEXT)")
        connection.execute("CREATE TABLE django_migrations (x)")
        connection.executemany("INSERT INTO notes VALUES (?)", [(str(n) * 100,) for n in range(rows)])
        connection.commit()
    return path


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds of every maintenance that was asked for."""
    asked: list[float] = []

    def maintain(seconds: float) -> dict[str, Any]:
        asked.append(seconds)
        return {"before_ms": 0, "drained": True}

    monkeypatch.setattr(control, "maintain", maintain)
    monkeypatch.setattr(control, "cluster", lambda: {"nodes": []})
    return asked


def import_it(*arguments: object) -> str:
    out = StringIO()
    call_command("litefs_import", *map(str, arguments), stdout=out)
    return out.getvalue()


def notes(node: LitefsNode) -> int:
    with closing(sqlite3.connect(f"file:{node.mount / DATABASE}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        return int(connection.execute("SELECT count(*) FROM notes").fetchone()[0])


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_into_an_empty_cluster(
    on_node: LitefsNode, tmp_path: Path, frozen: list[float], journal: str
) -> None:
    file = make_file(tmp_path / "old", journal=journal)
    assert "2 tables, 3 rows" in import_it(file)
    assert notes(on_node) == 3
    assert frozen == [3600.0, 0.0]
    assert [p.name for p in on_node.data.iterdir() if p.name.startswith(".import")] == []


def test_what_is_in_the_log_of_the_file_counts(
    on_node: LitefsNode, tmp_path: Path, frozen: list[float]
) -> None:
    """The old site still has its file open, with rows that are in no page of it yet."""
    file = make_file(tmp_path / "old", journal="wal")
    with closing(sqlite3.connect(file)) as site:
        site.execute("INSERT INTO notes VALUES ('late')")
        site.commit()
        import_it(file)
    assert notes(on_node) == 4
    assert frozen


@pytest.fixture
def filled(on_node: LitefsNode, tmp_path: Path, frozen: list[float]) -> LitefsNode:
    import_it(make_file(tmp_path / "first", rows=2))
    frozen.clear()
    return on_node


def test_data_is_replaced_only_if_asked_for_and_exported_first(
    filled: LitefsNode, tmp_path: Path, frozen: list[float]
) -> None:
    file = make_file(tmp_path / "second", rows=5)
    with pytest.raises(CommandError, match=rf"notes: 2 rows.*litefs_import {file} --replace"):
        import_it(file)
    assert notes(filled) == 2
    import_it(file, "--replace")
    assert notes(filled) == 5
    (backup,) = (filled.data / "backups").iterdir()
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT count(*) FROM notes").fetchone() == (2,)
    assert frozen == [3600.0, 0.0]


def damage(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[4096 + 100 : 2 * 4096] = bytes(4096 - 100)
    path.write_bytes(raw)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.unlink(), "does not exist"),
        (lambda path: path.write_text("not SQLite" * 100), "is no SQLite database"),
        (damage, "is damaged"),
        (lambda path: (path.unlink(), make_file(path, page_size=8192)), "PRAGMA page_size = 4096"),
    ],
)
def test_a_file_that_would_not_do_changes_nothing(
    filled: LitefsNode, tmp_path: Path, frozen: list[float], spoil: Callable[[Path], object], words: str
) -> None:
    file = make_file(tmp_path / "second", rows=50)
    spoil(file)
    before = filled.position()
    with pytest.raises(CommandError, match=words):
        import_it(file, "--replace")
    assert filled.position() == before
    assert frozen == []
    assert filled.process is not None
    assert filled.process.poll() is None


def test_writers_that_do_not_end(filled: LitefsNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"before_ms": 0, "drained": False, "running": "writes are still running"}
    monkeypatch.setattr(control, "maintain", lambda _: answer)
    with pytest.raises(CommandError, match="Nothing was changed: writes are still running"):
        import_it(make_file(tmp_path / "second"), "--replace")
    assert notes(filled) == 2


def test_nodes_that_are_late(
    filled: LitefsNode, tmp_path: Path, frozen: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = [
        {"hostname": "n7", "positions": {DATABASE: filled.position()}},
        {"hostname": "n8", "positions": {}},
    ]
    monkeypatch.setattr(control, "cluster", lambda: {"nodes": nodes})
    with pytest.raises(CommandError, match=r"Not on n7, n8 within 0\.1 s"):
        import_it(make_file(tmp_path / "second"), "--replace", "--timeout", "0.1")
    assert frozen == [3600.0, 0.0]


def test_once(on_node: LitefsNode, tmp_path: Path, frozen: list[float]) -> None:
    file = make_file(tmp_path / "old")
    import_it(file, "--once")
    with closing(sqlite3.connect(on_node.mount / DATABASE)) as connection:
        connection.execute("INSERT INTO notes VALUES ('new')")
        connection.commit()
    assert "was imported before" in import_it(file, "--once")
    assert notes(on_node) == 4
    other = make_file(tmp_path / "other")
    with pytest.raises(CommandError, match="holds data"):
        import_it(other, "--once")
    assert len(frozen) == 2


@pytest.fixture
def second(on_node: LitefsNode, tmp_path: Path, settings: Any) -> Iterator[LitefsNode]:
    """This process is one of a replica from here on."""
    second = LitefsNode(tmp_path / "replica", primary=on_node)
    try:
        second.start()
        until(lambda: (second.mount / ".primary").exists(), "it is a replica")
        settings.LITEFS = second.litefs_settings()
        yield second
    finally:
        second.stop()


def test_on_a_replica(second: LitefsNode, tmp_path: Path) -> None:
    assert second.process is not None
    file = make_file(tmp_path / "old")
    with pytest.raises(CommandError, match=r"run it on n0, the primary, or .*litefs_primary --promote"):
        import_it(file)
    assert "is not imported here" in import_it(file, "--once")


def test_without_a_node(on_node: LitefsNode, tmp_path: Path, settings: Any) -> None:
    file = make_file(tmp_path / "old")
    on_node.kill()
    with pytest.raises(CommandError, match="knows no primary"):
        import_it(file)
    settings.LITEFS = {"ENABLED": False, "DATA_PATH": tmp_path}
    with pytest.raises(CommandError, match=rf"stop the site and copy the file to {tmp_path}/{DATABASE}"):
        import_it(file)
    assert importing.was_imported(effective(), str(file)) is False
