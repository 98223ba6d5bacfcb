"""A running litefs-proxy takes new certificates, new configurations and a new process, and nobody notices."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.cluster import until
from tools.cluster.front import ENDS_WITH_US, Front, answers, believes, certificate, free_port

pytestmark = pytest.mark.integration

SITES = Path(__file__).parent / "sites"
HANGUPS = 50
REPLACEMENTS = 5
BETWEEN = 0.05


class Load:
    """Clients that ask without pause, over kept connections and over new ones, plain and by TLS."""

    def __init__(self, plain: int, secure: int, context: ssl.SSLContext) -> None:
        self.done = 0
        self.failed: list[str] = []
        self.serials: set[str] = set()
        self._stop = threading.Event()
        makers: list[tuple[Callable[[], http.client.HTTPConnection], bool]] = [
            (lambda: http.client.HTTPConnection("127.0.0.1", plain, timeout=20), True),
            (lambda: http.client.HTTPConnection("127.0.0.1", plain, timeout=20), False),
            (lambda: http.client.HTTPSConnection("127.0.0.1", secure, timeout=20, context=context), True),
            (lambda: http.client.HTTPSConnection("127.0.0.1", secure, timeout=20, context=context), False),
        ]
        self._threads = [threading.Thread(target=self._run, args=maker) for maker in makers for _ in range(2)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, make: Callable[[], http.client.HTTPConnection], keep: bool) -> None:
        connection = make()
        while not self._stop.is_set():
            try:
                connection.request("POST", "/", b"x" * 1000)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.failed.append(repr(error))
                connection.close()
                connection = make()
                continue
            if answer.status != 200:
                self.failed.append(str(answer.status))
            self.done += 1
            if isinstance(connection.sock, ssl.SSLSocket):
                self.serials.add(str((connection.sock.getpeercert() or {}).get("serialNumber")))
            if not keep:
                connection.close()
        connection.close()

    def wait_more(self, requests: int = 50) -> None:
        wanted = self.done + requests
        until(lambda: self.done >= wanted, f"{requests} more requests", within=20)


@pytest.fixture
def app() -> Iterator[int]:
    """The port of a gunicorn of its own."""
    port = free_port()
    command = [
        *ENDS_WITH_US,
        sys.executable,
        "-m",
        "gunicorn",
        "plain_app:wsgi",
        "--workers=2",
        "--threads=4",
        f"--bind=127.0.0.1:{port}",
    ]
    with subprocess.Popen(command, cwd=SITES, stderr=subprocess.DEVNULL) as process:
        until(lambda: answers(port), "gunicorn listens", within=20)
        yield port
        process.terminate()


@pytest.fixture
def front(tmp_path: Path, app: int) -> Iterator[Front]:
    certificate(tmp_path, "ca")
    cert, key = certificate(tmp_path, "site", "ca")
    front = Front(
        tmp_path,
        {
            "addr": f"127.0.0.1:{free_port()}",
            "tls": [{"addr": f"127.0.0.1:{free_port()}", "cert": str(cert), "key": str(key)}],
            "target": f"127.0.0.1:{app}",
            "threads": 2,
            "log": {"access-file": str(tmp_path / "access.log"), "format": "json"},
        },
    )
    with front.running():
        yield front


def plain_port(front: Front) -> int:
    return int(front.config["addr"].rpartition(":")[2])


def tls_port(front: Front) -> int:
    return int(front.config["tls"][0]["addr"].rpartition(":")[2])


def load(front: Front) -> Load:
    return Load(plain_port(front), tls_port(front), believes(front.folder / "ca.pem"))


def test_fifty_hangups_with_new_certificates_cost_nobody_a_request(
    front: Front, measured: Callable[[str], None]
) -> None:
    for name in ("site-a", "site-b"):
        certificate(front.folder, name, "ca")
    with load(front) as clients:
        clients.wait_more()
        for turn in range(HANGUPS):
            for suffix in ("pem", "key"):  # both in place before the signal, as certbot does it
                shutil.copy(front.folder / f"site-{'ab'[turn % 2]}.{suffix}", front.folder / f"site.{suffix}")
            front.write(**{"read-wait": f"{500 + turn}ms"})
            front.signal(signal.SIGHUP)
            front.wait_log("SIGHUP: certificates read again", turn + 1)
            time.sleep(BETWEEN)  # the pace of the signals, not a wait for anything
        clients.wait_more()
    assert clients.failed == []
    assert len(clients.serials) == 3
    measured(f"{HANGUPS} SIGHUPs under load: 0 of {clients.done} requests failed, 3 certificates seen")


BAD: list[tuple[dict[str, Any], list[str]]] = [
    ({"threads": 3}, ["threads", "needs a restart"]),
    ({"read-wait": "soon"}, ["litefs-proxy.yml:", "read-wait", "soon"]),
    ({"no-such-key": 1}, ["no-such-key"]),
    ({"tls": None}, ["tls[0].addr", "needs a restart"]),
    ({"certificate": "other"}, ["tls[0].key", "does not match the certificate"]),
]


@pytest.mark.parametrize(("changed", "words"), BAD, ids=lambda value: next(iter(value)) if value else "")
def test_what_cannot_change_changes_nothing_and_is_said(
    front: Front, changed: dict[str, Any], words: list[str]
) -> None:
    good = dict(front.config)
    if "certificate" in changed:
        cert, _ = certificate(front.folder, "other", "ca")
        front.write(tls=[{**front.config["tls"][0], "cert": str(cert)}])
    elif changed.get("tls", 1) is None:
        front.config.pop("tls")
        front.write()
    else:
        front.write(**changed)
    front.signal(signal.SIGHUP)
    front.wait_log("SIGHUP: nothing changes")
    line = next(line for line in front.log.splitlines() if "SIGHUP: nothing changes" in line)
    for word in words:
        assert word in line
    front.config = good
    with load(front) as clients:
        clients.wait_more()
    assert clients.failed == []


def test_the_access_log_is_rotated_and_loses_no_line(front: Front) -> None:
    log, old = front.folder / "access.log", front.folder / "access.log.1"
    with load(front) as clients:
        clients.wait_more()
        log.rename(old)
        front.signal(signal.SIGUSR1)
        until(log.exists, "a new file", within=10)
        clients.wait_more()
    front.stop()
    assert clients.failed == []
    lines = [json.loads(line) for path in (old, log) for line in path.read_text().splitlines()]
    assert log.stat().st_size > 0
    assert len(lines) == clients.done
    assert {line["status"] for line in lines} == {200}
    assert all(line["id"] and line["upstream_ms"] > 0 and line["in"] > 1000 for line in lines)


def test_replaced_by_a_new_process_that_gets_the_sockets(
    front: Front, measured: Callable[[str], None]
) -> None:
    with load(front) as clients:
        for turn in range(REPLACEMENTS):
            clients.wait_more()
            front.signal(signal.SIGUSR2)
            front.wait_log("is to take over", turn + 1)
            until(front.ended, "the old process ends", within=30)
            front.pid = int(re.findall(r"process (\d+) is to take over", front.log)[-1])
        clients.wait_more()
    assert clients.failed == []
    measured(f"{REPLACEMENTS} replacements under load: 0 of {clients.done} requests failed")


def test_a_successor_that_does_not_come_up_changes_nothing(front: Front) -> None:
    front.write(**{"no-such-key": 1})
    front.signal(signal.SIGUSR2)
    front.wait_log("SIGUSR2: nothing changes: the new process did not come up")
    with load(front) as clients:
        clients.wait_more()
    assert clients.failed == []


def test_a_supervisor_is_not_replaced(tmp_path: Path) -> None:
    app = {"name": "app", "cmd": ["sleep", "60"]}
    front = Front(tmp_path, {"addr": f"127.0.0.1:{free_port()}", "target": "127.0.0.1:1", "exec": [app]})
    front.start()
    try:
        front.wait_log("app started")
        front.signal(signal.SIGUSR2)
        front.wait_log("SIGUSR2: nothing changes: a node with LiteFS or exec is not replaced")
    finally:
        front.kill()


def test_restarts_with_sockets_held_by_somebody_else_refuse_nobody(
    tmp_path: Path, app: int, measured: Callable[[str], None]
) -> None:
    """As systemd does it with a .socket unit, for a node that supervises its app as well."""
    listeners = [socket.create_server(("127.0.0.1", 0), backlog=1024) for _ in range(2)]
    certificate(tmp_path, "ca")
    cert, key = certificate(tmp_path, "site", "ca")
    plain, secure = (f"127.0.0.1:{listener.getsockname()[1]}" for listener in listeners)
    front = Front(
        tmp_path,
        {
            "addr": plain,
            "tls": [{"addr": secure, "cert": str(cert), "key": str(key)}],
            "target": f"127.0.0.1:{app}",
            "threads": 2,
            "exec": [{"name": "helper", "cmd": ["sleep", "600"], "restart": "never"}],
        },
        inherited=listeners,
    )
    front.config["ready"] = {"path": "/"}
    front.start()
    try:
        with load(front) as clients:
            for _ in range(3):
                clients.wait_more()
                front.stop()
                assert os.path.exists(front.file)
                front.start()
            clients.wait_more()
        assert clients.failed == []
        measured(f"3 restarts with held sockets: 0 of {clients.done} requests failed")
        front.stop()
    finally:
        front.kill()
        for listener in listeners:
            listener.close()
