"""The ENGINE on a plain file: a single node, and test databases."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction
from django.db.backends.sqlite3.base import SQLiteCursorWrapper

from django_litefs import consistency
from django_litefs.db.backends.litefs.base import DatabaseWrapper
from django_litefs.db.backends.litefs.names import database_file
from django_litefs.settings import Settings, resolve
from tests.python.sql import execute, rows

ALIAS = "plain"


@pytest.fixture
def make(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any
) -> Iterator[Callable[..., Any]]:
    monkeypatch.setattr("sys.argv", ["manage.py", "shell"])
    settings.LITEFS = {"ENABLED": False, "DATA_PATH": str(tmp_path)}
    made: list[Any] = []

    def wrapper(name: str = "default", **options: Any) -> Any:
        values = {**connections.settings["default"], "NAME": name, "OPTIONS": options}
        made.append(DatabaseWrapper(values, ALIAS))
        return made[-1]

    with django_db_blocker.unblock():
        yield wrapper
        for each in made:
            each.close()


def test_file_mode_and_durability(make: Callable[..., Any], tmp_path: Path) -> None:
    wrapper = make()
    execute(wrapper, "CREATE TABLE t (x)")
    assert (tmp_path / "db.sqlite3").exists()
    assert wrapper.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert wrapper.connection.execute("PRAGMA synchronous").fetchone() == (1,)
    assert type(wrapper.create_cursor()) is SQLiteCursorWrapper


def test_atomic_begins_immediate(make: Callable[..., Any]) -> None:
    wrapper = connections[ALIAS] = make()
    execute(wrapper, "CREATE TABLE t (x)")
    other = make(timeout=0.01)
    try:
        with transaction.atomic(using=ALIAS), pytest.raises(Exception, match="locked"):
            execute(other, "INSERT INTO t VALUES (1)")
        with consistency.opened(consistency.make_context("GET", None)), transaction.atomic(using=ALIAS):
            execute(other, "INSERT INTO t VALUES (2)")
    finally:
        del connections[ALIAS]
    assert rows(wrapper) == [(2,)]


def test_a_clone_has_what_is_still_in_the_wal(make: Callable[..., Any], tmp_path: Path) -> None:
    wrapper = make(str(tmp_path / "test.sqlite3"))
    execute(wrapper, "CREATE TABLE t (x)")
    execute(wrapper, "INSERT INTO t VALUES (7)")
    assert (tmp_path / "test.sqlite3-wal").stat().st_size > 0
    wrapper.creation._clone_test_db("1", 0)
    with sqlite3.connect(tmp_path / "test_1.sqlite3") as clone:
        assert clone.execute("SELECT x FROM t").fetchall() == [(7,)]
    clone.close()
    wrapper.creation._destroy_test_db(str(tmp_path / "test.sqlite3"), 0)
    assert [path.name for path in tmp_path.iterdir()] == ["test_1.sqlite3"]


def resolved(argv: list[str], **litefs: Any) -> Settings:
    values = {"MOUNT_PATH": "/m", "DATA_PATH": "/d", **litefs}
    return resolve(SimpleNamespace(LITEFS=values, DEBUG=False, SECRET_KEY="x" * 50), {}, argv)


STATIC = {"STATIC_PRIMARY": {"hostname": "n0", "url": "http://127.0.0.1:1"}, "HOSTNAME": "n0"}


@pytest.mark.parametrize(
    ("name", "litefs", "argv", "file"),
    [
        ("default", STATIC, ["manage.py"], "/m/db.sqlite3"),
        ("", STATIC, ["manage.py"], "/m/db.sqlite3"),
        ("b.sqlite3", STATIC, ["manage.py"], "/m/b.sqlite3"),
        ("/m/b.sqlite3", STATIC, ["manage.py"], "/m/b.sqlite3"),
        ("/m/../m/b.sqlite3", STATIC, ["manage.py"], "/m/b.sqlite3"),
        ("/elsewhere/b.sqlite3", STATIC, ["manage.py"], None),
        ("/m/folder/b.sqlite3", STATIC, ["manage.py"], None),
        ("folder/b.sqlite3", STATIC, ["manage.py"], None),
        ("default", {"ENABLED": False}, ["manage.py"], "/d/db.sqlite3"),
        ("/m/b.sqlite3", {"ENABLED": False}, ["manage.py"], "/d/b.sqlite3"),
        ("/elsewhere/b.sqlite3", STATIC, ["pytest"], "/elsewhere/b.sqlite3"),
    ],
)
def test_names(name: str, litefs: dict[str, Any], argv: list[str], file: str | None) -> None:
    s = resolved(argv, **litefs)
    if file is None:
        with pytest.raises(ImproperlyConfigured, match="NAME"):
            database_file(name, "default", s)
    else:
        assert database_file(name, "default", s) == file
