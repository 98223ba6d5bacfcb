"""Requests that two parsers could read differently are refused at the front door of every node."""

from __future__ import annotations

import socket

import pytest

from tools.cluster import Client, Cluster

pytestmark = pytest.mark.integration

TIMEOUT = 15.0
INNER = b"POST /api/notes/?smuggled HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
POST = b"POST /api/notes/?smuggled HTTP/1.1\r\nHost: x\r\n"
GET = b"GET /api/notes/?smuggled HTTP/1.1\r\nHost: x\r\n"

ATTEMPTS = {
    "length and chunked": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + INNER,
    "chunked and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + INNER,
    "unknown coding": POST + b"Transfer-Encoding: blegh\r\n\r\n" + INNER,
    "identity": POST + b"Transfer-Encoding: identity\r\nContent-Length: 0\r\n\r\n" + INNER,
    "chunked not last": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + INNER,
    "chunked twice": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + INNER,
    "two transfer encodings": POST
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n"
    + INNER,
    "chunked in 1.0": POST.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + INNER,
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 66\r\n\r\n" + INNER,
    "length with a sign": POST + b"Content-Length: +0\r\n\r\n" + INNER,
    "length in hexadecimal": POST + b"Content-Length: 0x0\r\n\r\n" + INNER,
    "length that wraps": POST + b"Content-Length: 18446744073709551616\r\n\r\n" + INNER,
    "folded header": POST + b"X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n" + INNER,
    "space before the colon": POST + b"Content-Length : 0\r\n\r\n" + INNER,
    "bare line feeds": POST.replace(b"\r\n", b"\n") + b"Content-Length: 0\n\n" + INNER,
    "NUL in a value": POST + b"X: a\0b\r\nContent-Length: 0\r\n\r\n" + INNER,
    "bare CR in a value": POST + b"X: a\rContent-Length: 66\r\nContent-Length: 0\r\n\r\n" + INNER,
    "no host": POST.replace(b"Host: x\r\n", b"") + b"Content-Length: 0\r\n\r\n" + INNER,
    "two hosts": POST + b"Host: y\r\nContent-Length: 0\r\n\r\n" + INNER,
    "body on GET": GET + b"Content-Length: " + str(len(INNER)).encode() + b"\r\n\r\n" + INNER,
}


def exchange(host: str, port: int, sent: bytes) -> bytes:
    """All that comes back until the other side closes."""
    received = b""
    with socket.create_connection((host, port), timeout=TIMEOUT) as connection:
        connection.sendall(sent)
        while part := connection.recv(65536):
            received += part
    return received


@pytest.mark.parametrize("role", ["primary", "replica"])
def test_no_attempt_reaches_the_app(cluster: Cluster, role: str) -> None:
    node = cluster.primary if role == "primary" else cluster.replicas[0]
    for name, sent in ATTEMPTS.items():
        host, _, port = node.front.partition(":")
        answer = exchange(host, int(port), sent)
        assert answer.split(b" ", 2)[1] in (b"400", b"413", b"501"), (name, answer)
        assert answer.count(b"HTTP/1.1 ") == 1, (name, answer)
    with Client() as client:
        client.get(node.front, "/about/?after-the-attempts")
    for each in cluster.nodes:
        assert "smuggled" not in each.app_log.read_text()
    assert "after-the-attempts" in node.app_log.read_text(), "the app's log does not show what reaches it"


def test_twenty_attempts() -> None:
    assert len(ATTEMPTS) == 20
