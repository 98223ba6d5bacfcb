"""Reads on a replica that take long: logged, and ended at their limit."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from django_litefs.exceptions import ReadTooLongError
from django_litefs.reads import Read, logger
from tests.python.conftest import ALIAS
from tests.python.replica import Proxy
from tests.python.sql import execute, rows

pytestmark = pytest.mark.integration
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


def seconds(call: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


@pytest.fixture
def limits(wrapper: Any, settings: Any) -> Callable[[str, str], None]:
    def set_limits(long_read: str, max_read: str) -> None:
        settings.LITEFS = {**settings.LITEFS, "LONG_READ": long_read, "MAX_READ_TRANSACTION": max_read}
        wrapper.close()
        rows(wrapper)

    return set_limits


def test_a_long_read_is_logged_and_counted(
    wrapper: Any,
    proxy: Proxy,
    limits: Callable[[str, str], None],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.WARNING, logger.name)  # a Celery worker sets up logging anew
    monkeypatch.setattr(logger, "handlers", [caplog.handler])
    monkeypatch.setattr(logger, "propagate", False)
    limits("20ms", "0s")
    with transaction.atomic(using=ALIAS):
        rows(wrapper)
        execute(wrapper, "SELECT x FROM t WHERE x = %s", ["secret"])
        time.sleep(0.03)
    rows(wrapper)
    shown = [record.message for record in caplog.records if "2 statements" in record.message]
    assert len(shown) == 1
    assert "the last one SELECT x FROM t WHERE x = %s" in shown[0]
    assert "secret" not in caplog.text
    assert proxy.count("long_read") == len(caplog.records)


def until(condition: Callable[[], bool], within: float = 5.0) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("atomic", [True, False])
def test_a_statement_over_the_limit_is_interrupted(
    wrapper: Any, proxy: Proxy, limits: Callable[[str, str], None], atomic: bool
) -> None:
    limits("0s", "100ms")

    def read() -> None:
        with pytest.raises(ReadTooLongError, match="MAX_READ_TRANSACTION") as raised:
            execute(wrapper, ENDLESS)
        assert (raised.value.role, raised.value.database) == ("replica", "db.sqlite3")

    @transaction.atomic(using=ALIAS)
    def read_twice() -> None:
        read()
        assert proxy.reading() == []  # and the app may take its time
        with pytest.raises(ReadTooLongError):
            rows(wrapper)  # not outside the transaction that is gone

    assert seconds(read_twice if atomic else read) < 2
    proxy.publish("replica")
    assert rows(wrapper) == [(1,), (2,)]
    assert proxy.count("ended") == 1


@pytest.mark.parametrize("pending", [True, False])
def test_an_idle_transaction_over_the_limit_is_rolled_back(
    wrapper: Any, proxy: Proxy, limits: Callable[[str, str], None], pending: bool
) -> None:
    limits("0s", "100ms")
    with transaction.atomic(using=ALIAS):
        cursor = wrapper.cursor()
        cursor.execute("SELECT x FROM t")
        next_rows = cursor.fetchone if pending else cursor.fetchall
        next_rows()
        until(lambda: proxy.reading() == [])
        assert not wrapper.connection.in_transaction
        with pytest.raises(ReadTooLongError):
            next_rows() if pending else rows(wrapper)
    proxy.publish("replica")
    assert rows(wrapper) == [(1,), (2,)]


def test_rows_left_over_the_limit_are_let_go(
    wrapper: Any, proxy: Proxy, limits: Callable[[str, str], None]
) -> None:
    limits("0s", "100ms")
    cursor = wrapper.cursor()
    cursor.execute("SELECT x FROM t")
    until(lambda: proxy.reading() == [])
    with pytest.raises(ReadTooLongError):
        cursor.fetchone()
    proxy.publish("replica")
    assert rows(wrapper) == [(1,), (2,)]


def test_a_transaction_that_ended_idle_after_its_last_read_is_no_error(
    wrapper: Any, proxy: Proxy, limits: Callable[[str, str], None]
) -> None:
    limits("0s", "100ms")
    with transaction.atomic(using=ALIAS):
        found = rows(wrapper)
        until(lambda: proxy.reading() == [])
    assert found == [(1,), (2,)]
    assert proxy.count("ended") == 1
    proxy.publish("replica")
    assert rows(wrapper) == found


def test_finished_cursors_of_a_long_transaction_are_forgotten() -> None:
    connection = sqlite3.connect(":memory:")
    read = Read(connection, 0, None, [0], -1)  # type: ignore[arg-type]
    for _ in range(1000):
        read.add("SELECT 1", connection.execute("SELECT 1"))
    assert len(read.cursors) <= 65
    connection.close()
