"""Ten thousand connections that were used once and are kept, beside a load that does not notice them."""

from __future__ import annotations

import asyncio
import resource
import time
from contextlib import ExitStack
from pathlib import Path

from bench.fronts import litefs_proxy, upstream
from bench.report import Goal, Row
from bench.samples import summary
from bench.usage import memory_kib
from tools.cluster.addresses import free_network

CONNECTIONS = 10_000
AT_ONCE = 200  # opened
RATE = 500
SETTLED_S = 3.0
REQUEST = b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n"
EACH = Goal(3.0, 1.2, of="ours")
SERVED = Goal(RATE * 0.99, of="ours", at_least=True)

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def rows(folder: Path, program: Path, seconds: int) -> list[Row]:
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    network = free_network()
    app = upstream(f"{network}.10:8000", 1, folder)
    many = {"connections": CONNECTIONS + 100}
    settings = {"limits": many, "timeouts": {"idle": "10m"}}
    front = litefs_proxy("idle", f"{network}.11:8000", app.address, 0, folder, program, cluster=settings)
    with ExitStack() as running:
        for each in (app, front):
            each.start()
            running.callback(each.stop)
        return asyncio.run(_measure(front.address, front.pids(), seconds))


async def _measure(address: str, pids: list[int], seconds: int) -> list[Row]:
    first = [await _open(address) for _ in range(50)]  # what is allocated once
    await asyncio.sleep(SETTLED_S)
    before = memory_kib(pids, "VmRSS")
    idle: list[Connection] = []
    while len(idle) < CONNECTIONS - len(first):
        idle += await asyncio.gather(*(_open(address) for _ in range(AT_ONCE)))
    await asyncio.sleep(SETTLED_S)
    each = (memory_kib(pids, "VmRSS") - before) / len(idle)
    took, begun = [], time.monotonic()
    for number in range(RATE * seconds):
        await asyncio.sleep(max(0.0, begun + number / RATE - time.monotonic()))
        at = time.monotonic()
        await _ask(first[number % len(first)])
        took.append(time.monotonic() - at)
    rate = len(took) / (time.monotonic() - begun)
    for connection in idle:  # each of them still works
        await _ask(connection)
    what = f"beside {len(idle) + len(first)} idle connections"
    return [
        Row("memory of an idle connection, all of RSS", "KiB", None, each, None, EACH),
        Row(f"requests per second {what}", "", None, rate, None, SERVED),
        Row(f"p99 of a request {what}", "ms", None, summary(took)["p99"] * 1e3, None),
    ]


async def _open(address: str) -> Connection:
    host, _, port = address.rpartition(":")
    connection = await asyncio.open_connection(host, int(port))
    await _ask(connection)
    return connection


async def _ask(connection: Connection) -> None:
    reader, writer = connection
    writer.write(REQUEST)
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise ValueError(head)
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
    await reader.readexactly(length)
