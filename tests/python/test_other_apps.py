"""wsgi.consistency() and asgi.consistency() around an app that is not Django's, on real servers and a real LiteFS."""

from __future__ import annotations

import contextlib
import http.client
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from django_litefs import _core, asgi, wsgi
from tests.python.litefs_node import ROOT, LitefsNode, free_port

pytestmark = pytest.mark.integration
START_LIMIT_S, STOP_LIMIT_S = 30.0, 10.0
READ_WAIT_S = 0.5  # of the app
LATE_S = 0.15
HOST = "127.0.2.1"
SERVERS = {
    "gunicorn": ("gunicorn", "--bind={address}", "--threads=2", "tests.python.apps.plain:application"),
    "uvicorn": ("uvicorn", "--host={host}", "--port={port}", "tests.python.apps.plain:async_application"),
}
Answer = tuple[int, dict[str, str], str]


def write(node: LitefsNode) -> None:
    with contextlib.closing(sqlite3.connect(node.mount / "db.sqlite3")) as connection, connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("CREATE TABLE IF NOT EXISTS t (x)")
        connection.execute("INSERT INTO t VALUES (0)")


def position(node: LitefsNode) -> _core.Position:
    return _core.Position.parse((node.mount / "db.sqlite3-pos").read_text().strip())


def demand(wanted: _core.Position) -> str:
    return _core.format_demands([(_core.database_id("db.sqlite3"), wanted)])


class Server:
    def __init__(self, name: str, node: LitefsNode, log: Path) -> None:
        self.port = free_port(HOST)
        words = [
            word.format(address=f"{HOST}:{self.port}", host=HOST, port=self.port) for word in SERVERS[name]
        ]
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=ROOT,
                env={**os.environ, "APP_MOUNT": str(node.mount)},
                stdout=output,
                stderr=output,
            )

    def ask(self, method: str, path: str, **headers: str) -> Answer:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=STOP_LIMIT_S)
        try:
            connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()
        finally:
            connection.close()

    def wait(self) -> None:
        deadline = time.monotonic() + START_LIMIT_S
        while True:
            try:
                self.ask("GET", "/")
            except OSError:
                assert self.process.poll() is None, self.log.read_text()
                assert time.monotonic() < deadline, self.log.read_text()
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOP_LIMIT_S)


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, node: LitefsNode, tmp_path: Path) -> Iterator[Server]:
    write(node)
    server = Server(request.param, node, tmp_path / "server.log")
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def publish(node: LitefsNode, role: str) -> _core.NodePageWriter:
    page = _core.NodePageWriter(_core.default_page_path(str(node.mount)))
    page.publish(_core.NodeFacts(role, True, os.stat(node.mount).st_dev, "n1", ""))
    return page


def test_positions_of_writes(server: Server, node: LitefsNode) -> None:
    status, headers, body = server.ask("POST", "/")
    assert (status, body) == (200, "2")
    value = demand(position(node))
    assert headers["litefs-position"] == value
    assert headers["set-cookie"] == f"litefs-position={value}; HttpOnly; Max-Age=300; Path=/; SameSite=Lax"
    assert headers["cache-control"] == "max-age=0, private"
    _, headers, _ = server.ask("GET", "/", cookie=f"a=b; litefs-position={value}")
    assert not {"litefs-position", "set-cookie"} & headers.keys()
    _, headers, _ = server.ask("POST", "/old-style", cookie=f"litefs-position={value}")
    assert headers["litefs-position"] == demand(position(node))


def test_behind_a_proxy_it_is_the_proxy_that_looks(server: Server) -> None:
    _, headers, _ = server.ask("POST", "/", litefs_proxied="1")
    assert not {"litefs-position", "set-cookie", "litefs-committed"} & headers.keys()


def test_a_replica_waits_for_what_the_client_saw(server: Server, node: LitefsNode) -> None:
    page = publish(node, "replica")
    here = position(node)
    late = threading.Timer(LATE_S, write, [node])
    late.start()
    began = time.monotonic()
    status, _, body = server.ask("GET", "/", litefs_position=demand(_core.Position(here.txid + 1, 1)))
    waited = time.monotonic() - began
    late.join()
    assert (status, body) == (200, "2")
    assert waited >= LATE_S
    began = time.monotonic()
    ahead = f"litefs-position={demand(_core.Position(here.txid + 1000, 1))}"
    status, _, body = server.ask("GET", "/", cookie=ahead)
    assert (status, body) == (200, "2")
    assert time.monotonic() - began >= READ_WAIT_S
    page.beat()


@pytest.mark.parametrize(
    ("path", "headers", "status", "replay"),
    [
        ("/refused", {"litefs_proxied": "1"}, 503, "primary"),
        ("/refused", {"litefs_proxied": "1;begin=immediate"}, 503, None),
        ("/refused", {}, 503, None),
        ("/broken", {"litefs_proxied": "1"}, 500, None),
    ],
)
def test_refused_writes(
    server: Server, path: str, headers: dict[str, str], status: int, replay: str | None
) -> None:
    got, answered, _ = server.ask("GET", path, **headers)
    assert got == status
    assert answered.get("litefs-replay") == replay
    assert ("retry-after" in answered) == (status == 503)


@pytest.mark.parametrize("wrap", [wsgi.consistency, asgi.consistency])
@pytest.mark.parametrize(
    ("options", "said"), [({"databases": "db.sqlite3"}, "databases"), ({"read_wait": "soon"}, "soon")]
)
def test_what_cannot_work_is_told_at_once(
    wrap: Callable[..., object], options: dict[str, str], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        wrap(lambda *_: None, **options)
