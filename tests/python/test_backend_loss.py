"""What the ENGINE does when LiteFS dies: no stall, no lost commit that looks like one, no file beside the mount."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from django_litefs import _core, consistency
from django_litefs.db.backends.litefs import proof
from django_litefs.exceptions import CommitLostError, MountLostError
from tests.python.conftest import ALIAS
from tests.python.litefs_node import LitefsNode
from tests.python.sql import execute, rows

pytestmark = pytest.mark.integration
STALL_S = 5.0  # far below the 10 s that a query on a dead mount takes


def test_new_mount_is_noticed_before_the_next_statement(wrapper: Any, node: LitefsNode) -> None:
    execute(wrapper, "INSERT INTO t VALUES (1)")
    old = wrapper.connection
    node.kill()
    began = time.monotonic()
    with pytest.raises(MountLostError):
        rows(wrapper)
    node.unmount()
    with pytest.raises(MountLostError):
        rows(wrapper)
    assert not list(node.mount.iterdir()), "a file was created below the mount"
    node.start()
    assert rows(wrapper) == [(1,)]
    assert wrapper.connection is not old
    assert time.monotonic() - began < STALL_S
    execute(wrapper, "INSERT INTO t VALUES (2)")


def test_mount_lost_inside_a_transaction(wrapper: Any, node: LitefsNode) -> None:
    began = time.monotonic()
    with pytest.raises(MountLostError), transaction.atomic(using=ALIAS):  # noqa: PT012
        execute(wrapper, "INSERT INTO t VALUES (1)")
        node.kill()
        execute(wrapper, "INSERT INTO t VALUES (2)")
    assert time.monotonic() - began < STALL_S
    node.unmount()
    node.start()
    assert rows(wrapper) == []


@pytest.mark.parametrize("sql", ["SELECT x FROM t", "BEGIN IMMEDIATE"])
def test_a_statement_caught_by_the_death_of_litefs_does_not_stall(
    wrapper: Any, node: LitefsNode, sql: str
) -> None:
    """Killed after role and mount were judged: SQLite alone would retry its locks for 10 s."""
    execute(wrapper, "INSERT INTO t VALUES (1)")
    connection = wrapper.connection
    node.kill()
    began = time.monotonic()
    with pytest.raises(MountLostError):
        wrapper._guarded(lambda: connection.execute(sql).fetchall())
    assert time.monotonic() - began < STALL_S


# Drops the files' pages from the kernel's cache. In a process of its own: closing a file ends all its locks.
FORGET = """
import os, sys
for name in sys.argv[1:]:
    os.posix_fadvise(os.open(name, os.O_RDONLY), 0, 0, os.POSIX_FADV_DONTNEED)
"""


def test_rows_that_were_not_fetched_yet_are_lost_with_the_mount(wrapper: Any, node: LitefsNode) -> None:
    execute(
        wrapper,
        "INSERT INTO t WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n LIMIT 50000) SELECT i FROM n",
    )
    wrapper.close()
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT x FROM t")
        assert cursor.fetchmany(1) == [(1,)]
        subprocess.run([sys.executable, "-c", FORGET, *map(str, node.mount.glob("*.sqlite3*"))], check=True)
        node.kill()
        with pytest.raises(MountLostError):
            cursor.fetchall()


FORMS: dict[str, Callable[[Any], None]] = {}


def form(function: Callable[[Any], None]) -> Callable[[Any], None]:
    FORMS[function.__name__] = function
    return function


@form
def autocommit(wrapper: Any) -> None:
    execute(wrapper, "INSERT INTO t VALUES (1)")


@form
def atomic_block(wrapper: Any) -> None:
    with transaction.atomic(using=ALIAS):
        execute(wrapper, "INSERT INTO t VALUES (1)")


@form
def returning(wrapper: Any) -> None:
    execute(wrapper, "INSERT INTO t VALUES (1) RETURNING x")


@form
def schema(wrapper: Any) -> None:
    execute(wrapper, "CREATE TABLE u (y)")


@form
def script(wrapper: Any) -> None:
    with wrapper.cursor() as cursor:
        cursor.executescript("INSERT INTO t VALUES (1)")


@form
def by_hand(wrapper: Any) -> None:
    for sql in ("BEGIN IMMEDIATE", "INSERT INTO t VALUES (1)", "COMMIT"):
        execute(wrapper, sql)


@pytest.mark.parametrize("name", FORMS)
def test_no_form_reports_success_when_litefs_dies_at_commit(
    wrapper: Any, node: LitefsNode, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Killed after the position was read and before COMMIT."""
    genuine = proof.commit_and_prove

    def killed_first(real_node: Any, facts: Any, database: str, commit: Callable[[], object]) -> Any:
        def kill_and_commit() -> object:
            node.kill()
            return commit()

        return genuine(real_node, facts, database, kill_and_commit)

    monkeypatch.setattr("django_litefs.db.backends.litefs.base.commit_and_prove", killed_first)
    with consistency.opened(consistency.make_context("POST", "1")) as context, pytest.raises(CommitLostError):
        FORMS[name](wrapper)
    assert not context.written
    assert context.unknown is not None
    monkeypatch.undo()
    monkeypatch.setattr("sys.argv", ["manage.py", "shell"])
    node.unmount()
    node.start()
    execute(wrapper, "INSERT INTO t VALUES (9)")
    assert (9,) in rows(wrapper)


def test_a_commit_that_sqlite_reports_but_litefs_never_did(
    wrapper: Any, node: LitefsNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """COMMIT returns, LiteFS is gone, and the kernel still answers with the position of before."""
    genuine = proof.commit_and_prove

    def killed_after(real_node: Any, facts: Any, database: str, commit: Callable[[], object]) -> Any:
        def commit_and_kill() -> None:
            commit()
            node.kill()

        return genuine(real_node, facts, database, commit_and_kill)

    monkeypatch.setattr("django_litefs.db.backends.litefs.base.commit_and_prove", killed_after)
    monkeypatch.setattr(wrapper._node, "position", lambda *_: _core.Position(1, 1))
    with pytest.raises(CommitLostError):
        execute(wrapper, "INSERT INTO t VALUES (1)")


def test_the_proof_notices_a_mount_that_was_replaced(
    wrapper: Any, node: LitefsNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = wrapper._node.facts()
    monkeypatch.setattr(wrapper._node, "position", lambda *_: _core.Position(1, 1))

    def restart() -> None:
        node.kill()
        node.unmount()
        node.start()

    with pytest.raises(proof.UnprovenError):
        proof.commit_and_prove(wrapper._node, facts, "db.sqlite3", restart)
