"""What a statement does, by its first keyword or by EXPLAIN."""

from __future__ import annotations

import sqlite3

import pytest

from django_litefs.db.backends.litefs.statements import Kind, Kinds, forbidden_pragma, kind_by_keyword


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT 1", Kind.READ),
        ("  select 1", Kind.READ),
        ("/* WITH */ -- INSERT\n UPDATE t SET x=1", Kind.ROWS),
        ("REPLACE INTO t VALUES (1)", Kind.ROWS),
        ("create table t (x)", Kind.OTHER),
        ("BEGIN IMMEDIATE", Kind.BEGIN),
        ("END", Kind.COMMIT),
        ("RELEASE s", Kind.CONTROL),
        ("VACUUM", Kind.BARE),
        ("PRAGMA user_version=3", Kind.BARE),
        ("WITH a AS (SELECT 1) SELECT * FROM a", None),
        ("", None),
    ],
)
def test_keyword(sql: str, kind: Kind | None) -> None:
    assert kind_by_keyword(sql) is kind


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("WITH a AS (SELECT 1) SELECT * FROM a", Kind.READ),
        ("WITH a AS (SELECT 1 AS v) INSERT INTO t SELECT v FROM a", Kind.OTHER),
        ("WITH a AS (SELECT 1 AS v) UPDATE t SET x = 1 WHERE 0", Kind.OTHER),
    ],
)
def test_explained_once(sql: str, kind: Kind) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (x)")
    kinds, asked = Kinds(), []

    def explain() -> list[object]:
        asked.append(sql)
        return connection.execute("EXPLAIN " + sql).fetchall()

    assert kinds.of(sql, explain) is kind
    assert kinds.of(sql, explain) is kind
    assert len(asked) == 1
    connection.close()


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("PRAGMA journal_mode", None),
        ("PRAGMA journal_mode = WAL", None),
        ("PRAGMA journal_mode = 'wal'", None),
        ("PRAGMA journal_mode=DELETE", "journal_mode"),
        ('pragma "main".journal_mode("off")', "journal_mode"),
        ("PRAGMA locking_mode=EXCLUSIVE", "locking_mode"),
        ("PRAGMA locking_mode=NORMAL", None),
        ("PRAGMA foreign_keys = ON", None),
    ],
)
def test_pragmas_that_would_stop_replicas(sql: str, name: str | None) -> None:
    assert forbidden_pragma(sql) == name
