"""wait_for_position(), on a real LiteFS, and what `import django_litefs` must not do."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

import django_litefs
from django_litefs import _core, current_position, wait_for_position
from tests.python.litefs_node import LitefsNode
from tests.python.sql import execute

LATE_S = 0.15
SHORT_S = 0.2


def beyond(position: _core.Position | None, transactions: int) -> _core.Position:
    assert position is not None
    return _core.Position(position.txid + transactions, 1)


def test_single_node() -> None:
    assert current_position() is None
    assert wait_for_position(current_position())
    assert wait_for_position("0000000000000009/0000000000000001")


@pytest.fixture
def as_replica(node: LitefsNode) -> Iterator[_core.NodePageWriter]:
    """The page that litefs-proxy keeps says replica, while the LiteFS behind can still be written by others."""
    page = _core.NodePageWriter(_core.default_page_path(str(node.mount)))
    page.publish(_core.NodeFacts("replica", True, os.stat(node.mount).st_dev, "n1", ""))
    yield page
    del page


@pytest.mark.integration
def test_the_primary_answers_at_once(wrapper: Any) -> None:
    execute(wrapper, "INSERT INTO t VALUES (1)")
    here = current_position()
    assert wait_for_position(here)
    assert wait_for_position(str(here))
    assert wait_for_position(str(here), database="db.sqlite3")
    began = time.monotonic()
    assert not wait_for_position(beyond(here, 1), timeout=30)
    assert here is not None
    assert not wait_for_position(_core.Position(here.txid, here.checksum ^ 1)), "another history"
    assert not wait_for_position(here, database="missing.sqlite3")
    assert time.monotonic() - began < LATE_S
    with pytest.raises(ValueError, match=r"."):
        wait_for_position("no position")


@pytest.mark.integration
def test_a_replica_waits(wrapper: Any, as_replica: _core.NodePageWriter, node: LitefsNode) -> None:
    assert wrapper is not None
    wanted = beyond(current_position(), 1)
    writer = [sys.executable, "-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
              "c.execute('INSERT INTO t VALUES (1)'); c.execute('INSERT INTO t VALUES (2)'); c.commit(); c.close()",
              str(node.mount / "db.sqlite3")]  # fmt: skip
    late = threading.Timer(LATE_S, lambda: subprocess.run(writer, check=True))
    late.start()
    began = time.monotonic()
    arrived = wait_for_position(wanted, timeout=10)
    waited = time.monotonic() - began
    late.join()
    as_replica.beat()
    assert waited >= LATE_S
    now = current_position()
    assert now is not None
    assert now.txid == wanted.txid
    assert not arrived, "the checksum was made up: the same TXID of another history"
    assert wait_for_position(now)
    began = time.monotonic()
    assert not wait_for_position(beyond(now, 1), timeout=SHORT_S)
    assert time.monotonic() - began >= SHORT_S


LAZY = """
import sys
touched = []
sys.addaudithook(lambda event, arguments: touched.append((event, *map(str, arguments[:1])))
    if event in ("open", "sqlite3.connect", "socket.connect", "subprocess.Popen", "os.listdir") else None)
import django_litefs
foreign = [t for t in touched if not (t[0] in ("open", "os.listdir") and (
    t[1].endswith((".py", ".pyc", ".so")) or any(t[1].startswith(p) for p in sys.path if p)))]
assert not foreign, foreign
assert "django" not in sys.modules
for name in django_litefs.__all__:
    assert getattr(django_litefs, name), name
from django.conf import settings
assert not settings.configured
"""


def test_import_does_nothing() -> None:
    """Neither does the use of a name need settings."""
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run([sys.executable, "-c", LAZY], check=True, env=environment)


def test_unknown_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'replicate'"):
        _ = django_litefs.replicate


def insert_elsewhere(node: LitefsNode) -> None:
    with contextlib.closing(sqlite3.connect(node.mount / "db.sqlite3", isolation_level=None)) as connection:
        connection.execute("INSERT INTO t VALUES (2)")


@pytest.mark.integration
def test_the_native_wait_lets_other_threads_run(wrapper: Any, node: LitefsNode) -> None:
    execute(wrapper, "INSERT INTO t VALUES (1)")
    file = _core.PositionFile(str(node.mount), "db.sqlite3")
    here = file.read()
    assert file.wait_for(here.txid, 0.0) == here
    began = time.monotonic()
    assert file.wait_for(here.txid + 1, SHORT_S) is None
    assert SHORT_S <= time.monotonic() - began < SHORT_S + LATE_S
    timer = threading.Timer(SHORT_S, insert_elsewhere, [node])
    timer.start()
    reached = file.wait_for(here.txid + 1, 10.0)
    timer.join()
    assert reached is not None
    assert reached.txid == here.txid + 1
