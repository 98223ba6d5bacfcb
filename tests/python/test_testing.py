"""django_litefs.testing: connections that refuse writes, and the test clients' GETs tried on a replica."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections, transaction
from django.db.backends.sqlite3.base import DatabaseWrapper as Sqlite3Wrapper
from django.db.utils import OperationalError
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext

from django_litefs import NotPrimaryError, is_primary
from django_litefs.db.backends.litefs.base import DatabaseWrapper
from django_litefs.testing import ReplicaReads, replica

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.python.writing_urls")]
SESSIONS = [
    "django_litefs.middleware.ConsistencyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
]


def write_in_a_savepoint() -> None:
    with transaction.atomic(), transaction.atomic():
        Group.objects.create(name="x")


def raw(sql: str) -> Callable[[], None]:
    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    return run


WRITES: dict[str, Callable[[], Any]] = {
    "create": lambda: Group.objects.create(name="x"),
    "bulk_create": lambda: Group.objects.bulk_create([Group(name="x")]),
    "get_or_create": lambda: Group.objects.get_or_create(name="x"),
    "update": lambda: Group.objects.update(name="x"),
    "delete": lambda: Group.objects.all().delete(),
    "raw": raw("INSERT INTO auth_group (name) VALUES ('x')"),
    "schema": raw("CREATE TABLE other (x)"),
    "savepoint": write_in_a_savepoint,
}


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("committed", [False, True])
def test_writes_are_refused(name: str, committed: bool, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("transactional_db" if committed else "db")
    Group.objects.create(name="before")
    with replica() as active:
        assert not is_primary()
        with pytest.raises(NotPrimaryError, match="this node is replica"), transaction.atomic():
            WRITES[name]()
        assert list(Group.objects.values_list("name", flat=True)) == ["before"]
    assert [type(error) for error in active.refused] == [NotPrimaryError]
    assert is_primary()
    WRITES[name]()


@pytest.fixture
def on_file(tmp_path: Path) -> Iterator[Any]:
    values = {**connections.settings["default"], "NAME": str(tmp_path / "file.sqlite3")}
    wrapper = connections["file"] = DatabaseWrapper(values, "file")
    with wrapper.cursor() as cursor:
        cursor.execute("CREATE TABLE t (x)")
    yield wrapper
    del connections["file"]
    wrapper.close()


def test_on_a_file_transactions_begin_as_on_a_replica(on_file: Any) -> None:
    with replica():
        with transaction.atomic(using="file"), on_file.cursor() as cursor:
            assert cursor.execute("SELECT x FROM t").fetchall() == []
        with pytest.raises(NotPrimaryError), transaction.atomic(using="file"), on_file.cursor() as cursor:
            cursor.execute("INSERT INTO t VALUES (1)")
        on_file.close()
        with pytest.raises(NotPrimaryError), on_file.cursor() as cursor:
            cursor.execute("INSERT INTO t VALUES (1)")
    with on_file.cursor() as cursor:
        cursor.execute("INSERT INTO t VALUES (1)")


def test_connections_of_other_threads(on_file: Any) -> None:
    seen: list[object] = []

    def write_in_a_thread() -> None:
        own = DatabaseWrapper({**on_file.settings_dict}, "file")
        try:
            with own.cursor() as cursor:
                cursor.execute("INSERT INTO t VALUES (1)")
        except NotPrimaryError as error:
            seen.append(error)
        finally:
            own.close()

    with replica():
        thread = threading.Thread(target=write_in_a_thread)
        thread.start()
        thread.join()
    assert len(seen) == 1


def test_other_engines_are_left_alone(tmp_path: Path) -> None:
    values = {**connections.settings["default"], "NAME": str(tmp_path / "other.sqlite3")}
    other = Sqlite3Wrapper(values, "other")
    with replica(), other.cursor() as cursor:
        cursor.execute("CREATE TABLE t (x)")
    other.close()


def test_nested_and_as_a_decorator() -> None:
    @replica()
    def refused() -> None:
        with replica():
            pass
        Group.objects.create(name="x")

    with pytest.raises(NotPrimaryError), transaction.atomic():
        refused()
    Group.objects.create(name="x")


@pytest.mark.asyncio
async def test_async_decorator() -> None:
    @replica()
    async def refused() -> bool:
        return is_primary()

    assert not await refused()
    assert is_primary()


def test_not_in_a_real_cluster(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["manage.py", "shell"])
    settings.LITEFS = {"STATIC_PRIMARY": {"hostname": "n0", "url": "http://127.0.0.1:1"}, "HOSTNAME": "n0"}
    with pytest.raises(ImproperlyConfigured, match="real cluster"), replica():
        pass


def test_other_errors_stay_as_they_are() -> None:
    with replica(), pytest.raises(OperationalError, match="no such table") as caught, transaction.atomic():
        raw("SELECT * FROM missing")()
    assert not isinstance(caught.value, NotPrimaryError)


def test_our_own_statements_are_not_counted(django_assert_num_queries: Any) -> None:
    with CaptureQueriesContext(connection) as captured, replica():
        Group.objects.count()
    assert [query["sql"].split()[0] for query in captured] == ["SELECT"]
    with django_assert_num_queries(1), replica():
        Group.objects.count()


def test_views_that_write_are_listed_and_served(settings: Any, client: Client) -> None:
    settings.MIDDLEWARE = SESSIONS
    with ReplicaReads() as reads:
        for path in (
            "reads",
            "writes",
            "writes-atomically",
            "declared",
            "accounts/x/login/callback/",
            "writes",
        ):
            assert client.get(f"/{path}").status_code == 200, path
        assert client.post("/writes").status_code == 200
        assert client.get("/nowhere").status_code == 404
        assert client.get("/session").content == b"1"
        assert client.get("/session").content == b"2"
        with pytest.raises(ValueError, match="broken"):
            client.get("/broken")
    assert {(o.view.rsplit(".", 1)[-1], o.method, o.path, o.requests) for o in reads.offenders.values()} == {
        ("writes", "GET", "/writes", 2),
        ("writes_atomically", "GET", "/writes-atomically", 1),
        ("counts_in_the_session", "GET", "/session", 2),
    }
    assert Group.objects.count() == 6
    assert "tests.python.writing_urls.writes" in reads.report()[1]
    client.get("/writes")
    assert len(reads.offenders) == 3


def test_without_the_middleware(settings: Any, client: Client) -> None:
    settings.MIDDLEWARE = []
    with ReplicaReads() as reads:
        assert client.get("/writes").status_code == 200
    assert len(reads.offenders) == 1


@pytest.mark.django_db(transaction=True)
def test_async_client() -> None:
    from asgiref.sync import async_to_sync

    async def ask() -> int:
        return int((await AsyncClient().get("/awaited")).status_code)

    with ReplicaReads() as reads:
        assert async_to_sync(ask)() == 200
    assert [offender.view for offender in reads.offenders.values()] == ["tests.python.writing_urls.awaited"]
