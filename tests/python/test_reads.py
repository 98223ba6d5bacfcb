"""Reads on a replica: the gate before them, the list of open ones, and what shows them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from django_litefs import health
from django_litefs.db.backends.litefs.client import DatabaseClient
from django_litefs.exceptions import NotPrimaryError
from tests.python.conftest import ALIAS
from tests.python.replica import Proxy
from tests.python.sql import execute, rows

pytestmark = pytest.mark.integration
WAITED_S = 0.045  # of the 50 ms that a read waits at a closed gate


def seconds(call: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def test_a_read_waits_at_the_closed_gate_and_goes_through_in_the_end(wrapper: Any, proxy: Proxy) -> None:
    proxy.close()
    assert seconds(lambda: rows(wrapper)) >= WAITED_S
    assert (proxy.count("timed_out"), proxy.count("waited")) == (1, 0)
    proxy.page.open_gate()
    assert rows(wrapper) == [(1,), (2,)]
    assert proxy.count("timed_out") == 1


def test_the_gate_lets_other_threads_run_and_opens_for_all(wrapper: Any, proxy: Proxy) -> None:
    proxy.close()
    opener = threading.Timer(0.005, proxy.page.open_gate)
    opener.start()
    rows(wrapper)
    opener.join()
    assert (proxy.count("timed_out"), proxy.count("waited")) == (0, 1)


def test_a_dead_proxys_closing_ends_by_itself(wrapper: Any, proxy: Proxy) -> None:
    proxy.close(lease=0.01)
    rows(wrapper)
    assert seconds(lambda: [rows(wrapper) for _ in range(3)]) < WAITED_S * 3
    assert (proxy.count("timed_out"), proxy.count("waited")) == (0, 1)


def test_a_transaction_passes_it_once_before_its_first_read(
    wrapper: Any, make_wrapper: Callable[[], Any], proxy: Proxy
) -> None:
    other = make_wrapper()
    rows(other)
    with transaction.atomic(using=ALIAS):
        proxy.close()
        rows(wrapper)
        assert proxy.count("timed_out") == 1
        for nested in (wrapper, other):  # the other alias too: LiteFS waits for this thread in any case
            rows(nested)
        with transaction.atomic(using=ALIAS):
            rows(wrapper)
    assert proxy.count("timed_out") == 1
    rows(wrapper)
    assert proxy.count("timed_out") == 2


def fetched_all(cursor: Any) -> None:
    cursor.fetchall()


def fetched_one_by_one(cursor: Any) -> None:
    while cursor.fetchone() is not None:
        pass


def fetched_in_parts(cursor: Any) -> None:
    assert cursor.fetchmany(5)


def iterated(cursor: Any) -> None:
    assert list(cursor)


def closed(cursor: Any) -> None:
    cursor.close()


def used_anew(cursor: Any) -> None:
    cursor.execute("SELECT 1 WHERE 0").fetchall()


@pytest.mark.parametrize(
    "ending", [fetched_all, fetched_one_by_one, fetched_in_parts, iterated, closed, used_anew]
)
def test_rows_not_yet_fetched_are_an_open_read(
    wrapper: Any, proxy: Proxy, ending: Callable[[Any], None]
) -> None:
    cursor = wrapper.cursor()
    cursor.execute("SELECT x FROM t")
    cursor.fetchone()
    assert proxy.reading() == [os.getpid()]
    proxy.close()
    rows(wrapper)  # at once
    assert proxy.count("timed_out") == 0
    proxy.page.open_gate()
    ending(cursor)
    assert proxy.reading() == []
    proxy.close()
    rows(wrapper)
    assert proxy.count("timed_out") == 1


def test_a_forgotten_cursor_is_no_open_read(wrapper: Any, proxy: Proxy) -> None:
    cursor = wrapper.cursor()
    cursor.execute("SELECT x FROM t")
    del cursor
    assert proxy.reading() == []


def test_what_reads_nothing_passes(wrapper: Any, proxy: Proxy) -> None:
    proxy.close()
    with pytest.raises(NotPrimaryError):
        execute(wrapper, "INSERT INTO t VALUES (3)")
    with transaction.atomic(using=ALIAS):
        pass
    proxy.publish("primary")
    rows(wrapper)
    execute(wrapper, "INSERT INTO t VALUES (3)")
    assert (proxy.count("timed_out"), proxy.reading()) == (0, [])


def test_open_transactions_are_listed(wrapper: Any, proxy: Proxy) -> None:
    def commit() -> None:
        pass

    def fail() -> None:
        raise KeyError

    for ending in (commit, fail, wrapper.close):
        try:
            with transaction.atomic(using=ALIAS):
                assert proxy.reading() == []
                rows(wrapper)
                assert proxy.reading() == [os.getpid()]
                ending()
        except KeyError:
            pass
        assert proxy.reading() == [], ending
    for last in ("COMMIT", "ROLLBACK"):
        execute(wrapper, "BEGIN")
        rows(wrapper)
        assert proxy.reading() == [os.getpid()]
        execute(wrapper, last)
        assert proxy.reading() == []


def test_a_forked_child_has_a_page_of_its_own(wrapper: Any, proxy: Proxy) -> None:
    with transaction.atomic(using=ALIAS):
        rows(wrapper)
        child = os.fork()
        if child == 0:
            try:
                wrapper.connection = None
                wrapper.in_atomic_block = False
                rows(wrapper)
                os._exit(0 if proxy.reading() == [os.getppid()] else 1)
            except BaseException:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert proxy.reading() == [os.getpid()]
    assert proxy.reading() == []


def test_dbshell_on_a_replica_warns(wrapper: Any, proxy: Proxy, capsys: pytest.CaptureFixture[str]) -> None:
    def warned() -> bool:
        DatabaseClient.settings_to_cmd_args_env(wrapper.settings_dict, [])
        return "replica" in capsys.readouterr().err

    assert warned()
    proxy.publish("primary")
    assert not warned()


def test_status_names_the_oldest_read(wrapper: Any, proxy: Proxy) -> None:
    assert health.status()["reading"] == []
    with transaction.atomic(using=ALIAS):
        rows(wrapper)
        shown = StringIO()
        with pytest.raises(SystemExit):  # no litefs-proxy answers
            call_command("litefs_status", stdout=shown)
    assert f"process {os.getpid()}, for 0." in shown.getvalue()
    assert proxy.reading() == []
