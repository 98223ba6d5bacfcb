"""Fixtures: Django's settings, a wrapper of the ENGINE outside Django's registry, and one real LiteFS node."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django
import pytest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.python.settings")

from tests.python.litefs_node import LitefsNode, available, until

ALIAS = "on_litefs"


def pytest_configure() -> None:
    django.setup()


def pytest_addoption(parser: pytest.Parser) -> None:
    counts = parser.getgroup("counts", "how often the database backend is tried")
    counts.addoption(
        "--kills", type=int, default=1, help="how often LiteFS is killed under each way of writing"
    )
    counts.addoption("--harmless", type=int, default=100, help="rounds of statements that commit nothing")
    counts.addoption("--halts", type=int, default=2, help="writes of each of 20 processes on a replica")


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--kills"))


@pytest.fixture
def harmless(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--harmless"))


@pytest.fixture
def halts(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--halts"))


@pytest.fixture
def stopped(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A cluster's node that does not run."""
    monkeypatch.setattr("sys.argv", ["manage.py", "litefs_doctor"])
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    settings.LITEFS = {
        "STATIC_PRIMARY": {"hostname": "n0", "url": "http://127.0.2.9:20202"},
        "HOSTNAME": "n0",
        "MOUNT_PATH": tmp_path / "mount",
        "DATA_PATH": data,
        "PROXY_ADDR": "127.0.2.9:1",
    }
    from django_litefs.conf import effective

    return effective()


@pytest.fixture
def node(tmp_path: Path) -> Iterator[LitefsNode]:
    """A real LiteFS, primary by a static lease."""
    if not available():
        pytest.skip("needs root, /dev/fuse and .tools/bin/litefs (bin/setup)")
    node = LitefsNode(tmp_path)
    node.start()
    try:
        yield node
    finally:
        node.stop()


@pytest.fixture
def on_node(
    node: LitefsNode, settings: Any, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any
) -> Iterator[LitefsNode]:
    """This process as one of the node's: not under a test runner."""
    from django_litefs.db.backends.litefs import anchors

    monkeypatch.setattr("sys.argv", ["manage.py", "shell"])
    settings.LITEFS = node.litefs_settings()
    with django_db_blocker.unblock():
        yield node
    anchors.release_all()


@pytest.fixture
def make_wrapper(on_node: LitefsNode) -> Iterator[Callable[[], Any]]:
    """Connections to the node's database, closed at the end."""
    assert on_node.process is not None
    from django.db import connections

    made = []

    def make() -> Any:
        from django_litefs.db.backends.litefs.base import DatabaseWrapper

        defaults = {**connections.settings["default"], "NAME": "default", "CONN_MAX_AGE": None, "OPTIONS": {}}
        wrapper = DatabaseWrapper(defaults, ALIAS)
        made.append(wrapper)
        return wrapper

    yield make
    for wrapper in made:
        wrapper.in_atomic_block = False
        wrapper.close()


@pytest.fixture
def replica(wrapper: Any, on_node: LitefsNode, tmp_path: Path, settings: Any) -> Iterator[LitefsNode]:
    """A real replica of the node, with its table t; from here on this process is one of the replica's."""
    from django_litefs.db.backends.litefs import anchors

    assert wrapper is not None
    replica = LitefsNode(tmp_path / "replica", primary=on_node)
    try:
        replica.start()
        until(lambda: replica.has_caught_up(), "the replica has caught up")
        settings.LITEFS = replica.litefs_settings()
        yield replica
    finally:
        anchors.release_all()
        replica.stop()


@pytest.fixture
def on_replica(replica: LitefsNode, make_wrapper: Callable[[], Any]) -> Iterator[Any]:
    """A connection to the replica's database."""
    assert replica.process is not None
    wrapper = make_wrapper()
    yield wrapper
    wrapper.in_atomic_block = False
    wrapper.close()


@pytest.fixture
def wrapper(make_wrapper: Callable[[], Any]) -> Iterator[Any]:
    """One such connection, known to Django as ALIAS, with a table t(x)."""
    from django.db import connections

    wrapper = make_wrapper()
    connections[ALIAS] = wrapper
    with wrapper.cursor() as cursor:
        cursor.execute("CREATE TABLE t (x INTEGER)")
    yield wrapper
    del connections[ALIAS]


@pytest.fixture
def proxy(wrapper: Any, node: LitefsNode) -> Any:
    """This node as a replica with two rows in t."""
    from tests.python.replica import Proxy
    from tests.python.sql import execute, rows

    execute(wrapper, "INSERT INTO t VALUES (1), (2)")
    proxy = Proxy(node)
    assert rows(wrapper) == [(1,), (2,)]
    return proxy
