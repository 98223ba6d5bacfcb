"""Memory of a proxy that has just started, and what a connection costs that was used once and is kept open."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack

from bench.fronts import Front
from bench.proxy_field import HAPROXY, NGINX, OURS, Field
from bench.report import Goal, Row
from bench.usage import memory_kib

CONNECTIONS = 2000
SETTLED_S = 1.5  # idle connections to the upstream are closed by then
REQUEST = b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n"
BASE = Goal(10.0, 6.0, of="ours")
EACH = Goal(3.0, 1.2, of="ours")


def rows(field: Field) -> list[Row]:
    found = {name: _memory(field.fresh(name)) for name in (NGINX, HAPROXY, OURS)}
    base, each = found[OURS]
    lines = []
    for other in (NGINX, HAPROXY):
        lines.append(Row(f"memory after the start, beside {other}", "MB", found[other][0], base, None, BASE))
        what = f"memory of an idle connection (of {CONNECTIONS}), beside {other}"
        lines.append(Row(what, "KiB", found[other][1], each, None, EACH))
    return lines


def _memory(front: Front) -> tuple[float, float]:
    """Resident MB, and KiB of its own memory for each connection."""
    front.start()
    try:
        base = memory_kib(front.pids(), "VmRSS") / 1e3 * 1.024
        with ExitStack() as opened:
            _visit(front, opened, 50)  # what is allocated once
            time.sleep(SETTLED_S)
            before = memory_kib(front.pids(), "RssAnon")
            _visit(front, opened, CONNECTIONS)
            time.sleep(SETTLED_S)
            return base, (memory_kib(front.pids(), "RssAnon") - before) / CONNECTIONS
    finally:
        front.stop()


def _visit(front: Front, opened: ExitStack, times: int) -> None:
    host, _, port = front.address.rpartition(":")
    for _ in range(times):
        connection = opened.enter_context(socket.create_connection((host, int(port)), timeout=10))
        connection.sendall(REQUEST)
        got = b""
        while len(got.partition(b"\r\n\r\n")[2]) < 1024:
            got += connection.recv(4096)
