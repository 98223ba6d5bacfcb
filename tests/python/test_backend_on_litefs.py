"""The ENGINE on a real LiteFS."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import BadRequest
from django.db import transaction
from django.db.utils import OperationalError

from django_litefs import _core, consistency
from django_litefs.exceptions import JournalModeError, NotPrimaryError, WriteTooLateError
from tests.python.conftest import ALIAS
from tests.python.litefs_node import LitefsNode
from tests.python.sql import execute, rows

pytestmark = pytest.mark.integration
DATABASE = "db.sqlite3"
STALL_S = 5.0  # far below the 10 s that a query on a dead mount takes


def raw(wrapper: Any, sql: str) -> Any:
    return wrapper.connection.execute(sql).fetchone()[0]


@pytest.fixture
def publish(node: LitefsNode) -> Callable[[str], None]:
    """Makes this node what litefs-proxy would publish: its role, and n1 as the primary."""
    pages: list[_core.NodePageWriter] = []

    def published(role: str) -> None:
        if not pages:
            pages.append(_core.NodePageWriter(_core.default_page_path(str(node.mount))))
        pages[0].publish(_core.NodeFacts(role, True, os.stat(node.mount).st_dev, "n1", ""))

    return published


def test_connection_is_wal_normal_and_position_moves(wrapper: Any, node: LitefsNode) -> None:
    assert raw(wrapper, "PRAGMA journal_mode") == "wal"
    assert raw(wrapper, "PRAGMA synchronous") == 1
    context = consistency.make_context("POST", "1")
    with consistency.opened(context):
        execute(wrapper, "INSERT INTO t VALUES (%s)", [1])
    assert str(context.written[DATABASE]) == (node.mount / f"{DATABASE}-pos").read_text().strip()
    assert rows(wrapper) == [(1,)]


@pytest.mark.parametrize(
    ("sql", "wrote"),
    [
        ("INSERT INTO t VALUES (5)", True),
        ("UPDATE t SET x = x", False),
        ("UPDATE t SET x = 1 WHERE 0", False),
        ("WITH n AS (SELECT 3 AS v) INSERT INTO t SELECT v FROM n", True),
        ("WITH n AS (SELECT 3 AS v) SELECT v FROM n", False),
        ("CREATE TABLE u (y)", True),
        ("SELECT 1", False),
    ],
)
@pytest.mark.parametrize("atomic", [False, True])
def test_what_a_statement_wrote_is_known(wrapper: Any, sql: str, wrote: bool, atomic: bool) -> None:
    execute(wrapper, "INSERT INTO t VALUES (0)")
    context = consistency.make_context("POST", "1")
    with consistency.opened(context):
        if atomic:
            with transaction.atomic(using=ALIAS):
                execute(wrapper, sql)
        else:
            execute(wrapper, sql)
    assert (DATABASE in context.written) == wrote


def test_temporary_table_is_no_lost_commit(wrapper: Any) -> None:
    execute(wrapper, "CREATE TEMP TABLE scratch (x)")
    execute(wrapper, "INSERT INTO scratch VALUES (1)")
    with wrapper.cursor() as cursor:
        assert cursor.execute("SELECT x FROM scratch").fetchall() == [(1,)]


def test_returning_rows_survive_the_commit(wrapper: Any) -> None:
    with wrapper.cursor() as cursor:
        cursor.execute("INSERT INTO t VALUES (1), (2), (3) RETURNING x")
        assert cursor.fetchone() == (1,)
        assert cursor.fetchmany(1) == [(2,)]
        assert not wrapper.connection.in_transaction
        assert cursor.fetchall() == [(3,)]


def test_executemany_and_script_are_written(wrapper: Any) -> None:
    context = consistency.make_context("POST", "1")
    with wrapper.cursor() as cursor, consistency.opened(context):
        cursor.executemany("INSERT INTO t VALUES (%s)", [(1,), (2,)])
        assert len(context.written) == 1
        context.written.clear()
        cursor.executescript("INSERT INTO t VALUES (3); INSERT INTO t VALUES (4)")
    assert len(rows(wrapper)) == 4
    assert len(context.written) == 1


def test_atomic_begins_immediate_except_in_safe_requests(
    wrapper: Any, make_wrapper: Callable[[], Any]
) -> None:
    other = make_wrapper()
    other.settings_dict["OPTIONS"] = {"timeout": 0.05}
    with transaction.atomic(using=ALIAS), pytest.raises(OperationalError, match="locked"):
        execute(other, "INSERT INTO t VALUES (1)")
    with consistency.opened(consistency.make_context("GET", None)), transaction.atomic(using=ALIAS):
        execute(other, "INSERT INTO t VALUES (1)")
    assert rows(wrapper) == [(1,)]


@pytest.mark.parametrize(("proxied", "again"), [("1", True), (None, False)])
def test_a_read_transaction_that_writes_too_late_asks_for_a_second_run(
    wrapper: Any, make_wrapper: Callable[[], Any], proxied: str | None, again: bool
) -> None:
    other = make_wrapper()

    def read_then_write() -> None:
        with transaction.atomic(using=ALIAS):
            assert rows(wrapper) == []
            with consistency.opened(consistency.make_context("POST", "1")):  # somebody else's request
                execute(other, "INSERT INTO t VALUES (1)")
            execute(wrapper, "INSERT INTO t VALUES (2)")

    context = consistency.make_context("GET", proxied)
    with consistency.opened(context), pytest.raises(WriteTooLateError) as raised:
        read_then_write()
    assert (context.replay, isinstance(raised.value, BadRequest)) == (again, again)
    assert rows(wrapper) == [(1,)]
    rerun = consistency.make_context("GET", "1;begin=immediate")
    with consistency.opened(rerun), transaction.atomic(using=ALIAS):
        assert rows(wrapper) == [(1,)]
        execute(wrapper, "INSERT INTO t VALUES (2)")
    assert rows(wrapper) == [(1,), (2,)]


def test_replica_refuses_each_write_at_once(wrapper: Any, publish: Callable[[str], None]) -> None:
    execute(wrapper, "INSERT INTO t VALUES (1)")
    publish("replica")
    context = consistency.make_context("GET", "1")
    for sql in (
        "INSERT INTO t VALUES (2)",
        "UPDATE t SET x = 3",
        "CREATE TABLE u (y)",
        "PRAGMA user_version = 3",
    ):
        with pytest.raises(NotPrimaryError, match="n1") as caught:
            execute(wrapper, sql)
        assert (caught.value.role, caught.value.primary, caught.value.database) == ("replica", "n1", DATABASE)
        with consistency.opened(context), pytest.raises(NotPrimaryError), transaction.atomic(using=ALIAS):
            execute(wrapper, sql)
    assert context.replay
    with pytest.raises(NotPrimaryError):
        wrapper.prepare_database()
    assert rows(wrapper) == [(1,)]
    publish("primary")
    execute(wrapper, "INSERT INTO t VALUES (2)")
    assert rows(wrapper) == [(1,), (2,)]


def test_autocommit_off_is_proven_too(wrapper: Any) -> None:
    context = consistency.make_context("POST", "1")
    with consistency.opened(context):
        wrapper.set_autocommit(False)
        try:
            execute(wrapper, "INSERT INTO t VALUES (1)")
            assert not context.written
            wrapper.commit()
        finally:
            wrapper.set_autocommit(True)
    assert DATABASE in context.written


def test_own_begin_and_commit_are_proven(wrapper: Any) -> None:
    context = consistency.make_context("POST", "1")
    with consistency.opened(context):
        for sql in ("BEGIN IMMEDIATE", "INSERT INTO t VALUES (1)", "COMMIT"):
            execute(wrapper, sql)
    assert DATABASE in context.written


@pytest.mark.parametrize(
    "sql", ["PRAGMA journal_mode=delete", "pragma main.journal_mode(off)", "PRAGMA locking_mode = EXCLUSIVE"]
)
def test_leaving_wal_is_refused(wrapper: Any, sql: str) -> None:
    with pytest.raises(JournalModeError, match="_mode"):
        execute(wrapper, sql)
    assert raw(wrapper, "PRAGMA journal_mode") == "wal"


def test_our_pragmas_are_not_in_the_query_log(wrapper: Any, publish: Callable[[str], None]) -> None:
    wrapper.force_debug_cursor = True
    wrapper.queries_log.clear()
    publish("replica")
    rows(wrapper)
    publish("primary")
    execute(wrapper, "INSERT INTO t VALUES (1)")
    assert [query["sql"].split()[0] for query in wrapper.queries_log] == ["SELECT", "INSERT"]


def test_anchor_keeps_the_wal_index_mapped(wrapper: Any) -> None:
    wrapper.close()
    with open("/proc/self/maps", encoding="ascii") as maps:
        assert f"{DATABASE}-shm" in maps.read()


def test_connection_is_not_used_across_fork(wrapper: Any) -> None:
    execute(wrapper, "INSERT INTO t VALUES (1)")
    connection = wrapper.connection
    child = os.fork()
    if child == 0:
        try:
            found = rows(wrapper) == [(1,)] and wrapper.connection is not connection
            os._exit(0 if found else 1)
        except BaseException:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert rows(wrapper) == [(1,)]


def test_other_process_sees_the_rows(wrapper: Any, node: LitefsNode) -> None:
    execute(wrapper, "INSERT INTO t VALUES (1)")
    with sqlite3.connect(node.mount / DATABASE) as other:
        assert other.execute("SELECT x FROM t").fetchall() == [(1,)]
    other.close()
