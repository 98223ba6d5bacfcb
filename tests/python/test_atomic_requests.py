"""ATOMIC_REQUESTS on a primary: reading requests leave the write lock alone; one that writes too late runs again."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections, transaction
from django.test import Client

from tests.python import urls
from tests.python.conftest import ALIAS
from tests.python.sql import execute, rows

pytestmark = pytest.mark.integration
READERS, EACH = 16, 5
WITHIN_S = 8.0  # SQLite waits 10 s for a lock
PROXIED = {"litefs-proxied": "1"}
RERUN = {"litefs-proxied": "1;begin=immediate"}


@pytest.fixture
def site(wrapper: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The alias "default" is the node's database; each request is a transaction."""
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    monkeypatch.setitem(connections.settings["default"], "NAME", "default")  # not the test database
    of_other_tests = connections["default"]
    del connections["default"]
    yield wrapper
    connections["default"].close()
    connections["default"] = of_other_tests


def test_no_read_waits_for_the_writer(site: Any) -> None:
    def read(_: int) -> list[int]:
        try:
            return [Client().get("/counts-rows", headers=PROXIED).status_code for _ in range(EACH)]
        finally:
            connections["default"].close()

    with transaction.atomic(using=ALIAS):
        execute(site, "INSERT INTO t VALUES (1)")
        with ThreadPoolExecutor(READERS) as pool:
            answers = pool.map(read, range(READERS), timeout=WITHIN_S)
            assert [status for each in answers for status in each] == [200] * READERS * EACH
    assert rows(site) == [(1,)]


@pytest.fixture
def meanwhile() -> Iterator[Callable[[Callable[[], None]], None]]:
    """What happens between the reads and the write of a request, and is no part of it."""
    yield lambda happens: urls.between.append(lambda: contextvars.Context().run(happens))
    urls.between.clear()


def test_a_write_that_comes_too_late_runs_again(
    site: Any, meanwhile: Callable[[Callable[[], None]], None]
) -> None:
    meanwhile(lambda: execute(site, "INSERT INTO t VALUES (1)") if not rows(site) else None)
    client = Client(raise_request_exception=False)
    first = client.get("/reads-then-writes", headers=PROXIED)
    assert first["litefs-replay"] == "primary"
    assert rows(site) == [(1,)]
    again = client.get("/reads-then-writes", headers=RERUN)
    assert (again.status_code, again.content) == (200, b"written")
    assert rows(site) == [(1,), (7,)]


def test_a_write_beside_a_running_writer_runs_again(
    site: Any, meanwhile: Callable[[Callable[[], None]], None]
) -> None:
    """SQLite does not wait for a lock that a reader wants to write with."""
    block = transaction.atomic(using=ALIAS)
    meanwhile(block.__enter__)
    first = Client(raise_request_exception=False).get("/reads-then-writes", headers=PROXIED)
    execute(site, "INSERT INTO t VALUES (1)")
    block.__exit__(None, None, None)
    assert first["litefs-replay"] == "primary"
    assert rows(site) == [(1,)]
