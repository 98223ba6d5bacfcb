"""The time from the app's write of an event to its client's read: direct, by one node, by two."""

from __future__ import annotations

import asyncio
import re
import time

from bench.report import Goal, Row
from bench.samples import summary
from tools.cluster import Cluster
from tools.cluster.node import TARGET_PORT

CLIENTS = 10
EVENTS = 200
EVERY_MS = 10
ROUNDS = 3
WRITTEN = re.compile(rb"data: (\d+)\n")
ADDED = Goal(5.0, 1.0, of="ours")


async def rows(cluster: Cluster) -> list[Row]:
    primary, replica = cluster.primary, cluster.replicas[0]
    direct = f"{primary.address}:{TARGET_PORT}"
    ways = {direct: "/events", primary.front: "/events", replica.front: "/far/events"}
    delays: dict[str, list[float]] = {address: [] for address in ways}
    for _ in range(ROUNDS):
        for address, path in ways.items():
            for heard in await asyncio.gather(*(_listen(address, path) for _ in range(CLIENTS))):
                delays[address] += heard
    base = summary(delays.pop(direct))
    lines = []
    for address, seconds in delays.items():
        ours = summary(seconds)
        hops = "one node" if address == primary.front else "two nodes"
        lines.append(
            Row(f"event to its client by {hops}, p99", "ms", base["p99"] * 1e3, ours["p99"] * 1e3, None)
        )
        added = (ours["p99"] - base["p99"]) * 1e3
        lines.append(Row(f"event by {hops}, p99 beyond direct", "ms", None, added, None, ADDED))
    return lines


async def _listen(address: str, path: str) -> list[float]:
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    target = f"{path}?count={EVENTS}&every_ms={EVERY_MS}"
    writer.write(f"GET {target} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n".encode())
    heard = []
    while piece := await reader.read(65536):
        now = time.monotonic_ns()
        heard += [(now - int(written)) / 1e9 for written in WRITTEN.findall(piece)]
    writer.close()
    if len(heard) != EVENTS:
        raise ValueError(f"{len(heard)} events of {EVENTS}")
    return heard
