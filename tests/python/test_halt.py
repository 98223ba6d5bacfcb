"""Writing from a replica under LiteFS's HALT lock, on a real pair of nodes."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connections, transaction
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.transaction import TransactionManagementError

from django_litefs import _core, consistency, halt
from django_litefs.db.backends.litefs import halted
from django_litefs.exceptions import HaltExpiredError, HaltRefusedError, NotPrimaryError
from tests.python.litefs_node import ROOT, LitefsNode, until
from tests.python.sql import execute, rows

pytestmark = pytest.mark.integration
DATABASE = "db.sqlite3"
SOON_S = 5.0


def is_halted(node: LitefsNode) -> bool:
    return _core.is_halted(str(node.mount), DATABASE)


@pytest.fixture
def site(on_replica: Any) -> Iterator[Any]:
    """The replica's connection, as the alias "default" of this thread."""
    on_replica.alias = "default"
    with site_on(on_replica):
        yield on_replica


@contextmanager
def site_on(wrapper: Any) -> Iterator[None]:
    before = connections["default"]
    connections["default"] = wrapper
    try:
        yield
    finally:
        connections["default"] = before


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> float:
    """HALT locks that last for half a second."""
    monkeypatch.setattr(halted, "HOLD_S", 0.5)
    return 0.5


def test_a_block_of_writes_reaches_the_primary(site: Any, wrapper: Any, replica: LitefsNode) -> None:
    with pytest.raises(NotPrimaryError):
        execute(site, "INSERT INTO t VALUES (0)")
    with consistency.opened(consistency.make_context("POST", "1")) as context, halt():
        execute(site, "INSERT INTO t VALUES (1)")
        with transaction.atomic(), halt():
            execute(site, "INSERT INTO t VALUES (2)")
        with site.cursor() as cursor:
            cursor.executescript("INSERT INTO t VALUES (3); INSERT INTO t VALUES (4)")
        assert is_halted(replica)
    assert not is_halted(replica)
    assert str(context.written[DATABASE]) == replica.position() == replica.primary.position()
    assert rows(site) == [(1,), (2,), (3,), (4,)]
    execute(wrapper, "INSERT INTO t VALUES (5)")
    with pytest.raises(NotPrimaryError):
        execute(site, "INSERT INTO t VALUES (0)")
    assert len(rows(wrapper)) == 5


def test_the_primary_of_a_halt_block_needs_none(wrapper: Any, on_node: LitefsNode) -> None:
    wrapper.start_halt(1.0)
    execute(wrapper, "INSERT INTO t VALUES (1)")
    wrapper.stop_halt()
    assert not is_halted(on_node)


def test_an_alias_outside_litefs_is_left_alone() -> None:
    connections["other"] = DatabaseWrapper({**connections.settings["default"], "NAME": ":memory:"}, "other")
    try:
        with halt("other"):
            assert connections["other"].connection is None
    finally:
        del connections["other"]


def autocommit(site: Any) -> None:
    execute(site, "INSERT INTO t VALUES (1)")


def atomic(site: Any) -> None:
    with transaction.atomic():
        execute(site, "INSERT INTO t VALUES (1)")


def script(site: Any) -> None:
    with site.cursor() as cursor:
        cursor.executescript("INSERT INTO t VALUES (1)")


def by_hand(site: Any) -> None:
    site.set_autocommit(False)
    try:
        execute(site, "INSERT INTO t VALUES (1)")
        site.commit()
    finally:
        site.set_autocommit(True)


@pytest.mark.parametrize("form", [autocommit, atomic, script, by_hand])
def test_each_transaction_takes_the_lock_if_the_option_says_so(
    site: Any, wrapper: Any, replica: LitefsNode, form: Callable[[Any], None]
) -> None:
    site.settings_dict["OPTIONS"] = {"replica_writes": "halt"}
    form(site)
    assert not is_halted(replica)
    assert rows(wrapper) == [(1,)]
    with consistency.opened(consistency.make_context("GET", "1")) as context, pytest.raises(NotPrimaryError):
        form(site)
    assert context.replay, "in a request the primary is asked for"
    assert not is_halted(replica)


def test_async(site: Any, wrapper: Any) -> None:
    async def write() -> None:
        async with halt():
            await sync_to_async(execute)(site, "INSERT INTO t VALUES (1)")

    async_to_sync(write)()
    assert rows(wrapper) == [(1,)]


def test_children_do_not_take_the_lock_with_them(site: Any, wrapper: Any, replica: LitefsNode) -> None:
    with halt():
        subprocess.run(["true"], check=True)
        assert is_halted(replica)
        execute(site, "INSERT INTO t VALUES (1)")
    assert rows(wrapper) == [(1,)]


def test_signals_do_not_reach_a_commit(site: Any, replica: LitefsNode) -> None:
    """LiteFS takes a signal to the thread that waits for it as a wish to end the transfer, and exits."""
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    try:
        with halt():
            for number in range(50):
                execute(site, "INSERT INTO t VALUES (%s)", [number])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert replica.process is not None
    assert replica.process.poll() is None
    assert len(rows(site)) == 50


def test_expiry_in_the_middle_of_a_transaction_writes_nothing(
    site: Any, wrapper: Any, replica: LitefsNode, short: float
) -> None:
    with halt():
        with pytest.raises(HaltExpiredError), transaction.atomic():  # noqa: PT012
            execute(site, "INSERT INTO t VALUES (1)")
            time.sleep(short + 0.1)
            execute(site, "INSERT INTO t VALUES (2)")
        with pytest.raises(HaltExpiredError):
            execute(site, "INSERT INTO t VALUES (3)")
    execute(wrapper, "INSERT INTO t VALUES (4)")
    assert rows(wrapper) == [(4,)]
    until(replica.has_caught_up, "the replica follows again")
    assert rows(site) == [(4,)]


def test_expiry_before_commit_writes_nothing(site: Any, wrapper: Any, short: float) -> None:
    with halt(), pytest.raises(HaltExpiredError), transaction.atomic():  # noqa: PT012
        execute(site, "INSERT INTO t VALUES (1)")
        time.sleep(short + 0.1)
    assert rows(wrapper) == []


def test_expiry_ends_a_running_statement(site: Any, wrapper: Any, short: float) -> None:
    endless = "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n) INSERT INTO t SELECT i FROM n"
    began = time.monotonic()
    with halt(), pytest.raises(HaltExpiredError):
        execute(site, endless)
    assert time.monotonic() - began < short + SOON_S
    assert rows(wrapper) == []


def test_a_lock_that_nobody_gives_back_ends_by_itself(replica: LitefsNode, wrapper: Any) -> None:
    holder = _core.HaltHolder(str(replica.mount), DATABASE, 0.5)
    assert holder.wait_acquired(SOON_S)
    assert is_halted(replica)
    until(lambda: not is_halted(replica), "the lock ends", within=SOON_S)
    execute(wrapper, "INSERT INTO t VALUES (1)")


def test_a_busy_primary_refuses_in_time(site: Any, wrapper: Any, replica: LitefsNode) -> None:
    with transaction.atomic(using=wrapper.alias):
        execute(wrapper, "INSERT INTO t VALUES (1)")
        began = time.monotonic()
        with pytest.raises(HaltRefusedError, match="HALT"), halt(timeout=0.3):
            pass
        assert time.monotonic() - began < SOON_S
    until(replica.has_caught_up, "the replica follows")
    with halt():
        execute(site, "INSERT INTO t VALUES (2)")
    assert rows(wrapper) == [(1,), (2,)]


def test_not_inside_a_transaction(site: Any) -> None:
    with transaction.atomic(), pytest.raises(TransactionManagementError, match="around"), halt():
        pass
    assert site._halt_blocks == 0


def test_a_reader_of_the_primary_waits_for_a_long_halt(wrapper: Any, replica: LitefsNode) -> None:
    """SQLite gives up after 10 s with "locking protocol", whatever its busy timeout."""
    wrapper._timeout = 20.0
    holder = _core.HaltHolder(str(replica.mount), DATABASE, 11.0)
    assert holder.wait_acquired(SOON_S)
    for count in itertools.count(1):
        execute(wrapper, "INSERT INTO t VALUES (1)")
        assert len(rows(wrapper)) == count
        if not is_halted(replica):
            break


PROCESSES = 20
WRITER = """
import sys
import django
django.setup()
from django.db import connection
from django_litefs import halt
name, count = sys.argv[1], int(sys.argv[2])
for number in range(count):
    with halt(timeout=120), connection.cursor() as cursor:
        cursor.execute("INSERT INTO t VALUES (%s)", [f"{name}-{number}"])
"""


def test_many_processes_of_a_replica_write_each_row_once(
    wrapper: Any, replica: LitefsNode, halts: int
) -> None:
    environment = {**os.environ, **replica.environment(), "DJANGO_SETTINGS_MODULE": "tests.python.settings"}
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(number), str(halts)], cwd=ROOT, env=environment)
        for number in range(PROCESSES)
    ]
    assert [writer.wait() for writer in writers] == [0] * PROCESSES
    expected = sorted(f"{name}-{number}" for name in range(PROCESSES) for number in range(halts))
    assert sorted(value for (value,) in rows(wrapper)) == expected
    assert not is_halted(replica)
    until(replica.has_caught_up, "both nodes are at the same position")


def test_createsuperuser_on_a_replica(
    site: Any, wrapper: Any, replica: LitefsNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site_on(wrapper), wrapper.schema_editor() as editor:
        for model in (ContentType, Permission, Group, User):
            editor.create_model(model)
    until(replica.has_caught_up, "the replica has the tables")
    monkeypatch.setattr("sys.argv", ["manage.py", "createsuperuser"])
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "x")
    site.close()  # its options are read when it connects
    call_command("createsuperuser", username="root", email="root@example.org", interactive=False, verbosity=0)
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT username FROM auth_user")
        assert cursor.fetchall() == [("root",)]


@pytest.mark.usefixtures("site")
def test_migrate_on_a_replica(wrapper: Any, replica: LitefsNode) -> None:
    with pytest.raises(NotPrimaryError, match="--halt"):
        call_command("migrate", verbosity=0)
    call_command("migrate", plan=True, verbosity=0)
    with pytest.raises(SystemExit):
        call_command("migrate", check_unapplied=True, verbosity=0)
    call_command("migrate", halt=True, verbosity=0)
    call_command("migrate", check_unapplied=True, verbosity=0)
    until(replica.has_caught_up, "both nodes are at the same position")
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_migrations")
        assert cursor.fetchone()[0] > 10
