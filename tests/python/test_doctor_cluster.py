"""litefs_doctor among the other nodes: Consul, clock, secret, a write. The cluster tests show it the real ones."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from django_litefs import control, doctor
from django_litefs.doctor import cluster
from django_litefs.settings import Settings
from tests.python.findings import changed, only


class Consul(BaseHTTPRequestHandler):
    status, date, lease = 200, "", b"[]"

    def do_GET(self) -> None:
        self.send_response_only(self.status)
        if self.date:
            self.send_header("Date", self.date)
        self.send_header("Content-Length", str(len(self.lease)))
        self.end_headers()
        self.wfile.write(self.lease)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def consul() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Consul)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


LEASE = b'[{"Session": "a", "Value": "eyJob3N0bmFtZSI6ICJuNyJ9"}]'


@pytest.mark.parametrize(
    ("status", "lease", "date", "expected", "words"),
    [
        (200, LEASE, "", doctor.GOOD, "is of n7"),
        (200, b'[{"Value": null}]', "", doctor.GOOD, "nobody at the moment"),
        (200, b"?", "", doctor.GOOD, "no LiteFS"),
        (404, b"", "", doctor.WARNING, "nobody holds"),
        (403, b"", "", doctor.PROBLEM, "403"),
        (200, LEASE, "Thu, 01 Jan 2015 00:00:00 GMT", doctor.WARNING, "clock is"),
    ],
)
def test_consul(
    stopped: Settings, consul: HTTPServer, status: int, lease: bytes, date: str, expected: str, words: str
) -> None:
    Consul.status, Consul.lease, Consul.date = status, lease, date
    url = f"http://user:secret-token@127.0.0.1:{consul.server_port}"
    found = list(cluster.consul(changed(stopped, consul_url=url, consul_key="litefs/x")))
    assert words in only(found, expected).what
    assert "secret-token" not in str(found)


def test_consul_is_not_there(stopped: Settings) -> None:
    found = cluster.consul(changed(stopped, consul_url="http://127.0.0.1:9", consul_key="k"))
    assert "does not answer" in only(list(found), doctor.PROBLEM).what


NODE = {"linked": True, "healthy": True, "role": "primary", "version": "1", "candidate": True, "reasons": []}


@pytest.mark.parametrize(
    ("found", "state", "words"),
    [
        ({"nodes": [], "error": "of n0: secret-mismatch"}, doctor.PROBLEM, "secret is another one"),
        ({"nodes": [], "error": "of n0: refused"}, doctor.PROBLEM, "refused"),
        ({"nodes": [{**NODE, "hostname": "a"}]}, doctor.WARNING, "1 node may become primary"),
        (
            {"nodes": [{**NODE, "hostname": "a"}, {**NODE, "hostname": "b", "version": "2"}]},
            doctor.WARNING,
            "1, 2",
        ),
        (
            {
                "nodes": [
                    {**NODE, "hostname": "a"},
                    {**NODE, "hostname": "b", "healthy": False, "reasons": ["lag"]},
                ]
            },
            doctor.PROBLEM,
            "b: lag",
        ),
    ],
)
def test_nodes(
    stopped: Settings, monkeypatch: pytest.MonkeyPatch, found: dict[str, Any], state: str, words: str
) -> None:
    monkeypatch.setattr(control, "cluster", lambda: found)
    assert words in only([f for f in cluster.nodes(stopped) if f.state != doctor.GOOD], state).what


def test_a_node_that_does_not_run(stopped: Settings) -> None:
    assert "is 'manage.py litefs_start' running" in only(list(cluster.nodes(stopped)), doctor.UNKNOWN).what
    assert "does not answer" in only(list(cluster.write(stopped)), doctor.UNKNOWN).what
