"""What streams passes through a replica to the primary as it is: WebSocket, events, large bodies."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import json
import random
import time
from collections.abc import Iterator

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tools.cluster import Cluster, Node
from tools.cluster.cluster import ROOT

pytestmark = pytest.mark.integration

SERVER = (
    "uvicorn",
    "tools.cluster.stream_app:app",
    f"--app-dir={ROOT}",
    "--ws=websockets",
    "--ws-max-size=67108864",
)
TIMEOUT = 30.0
LARGEST = 200_000
FRAMES = 30
LARGE_MESSAGE = 16 * 2**20
BODY = bytes(range(256)) * 2**14  # 4 MiB


@pytest.fixture(scope="module")
def streaming() -> Iterator[Cluster]:
    rules = {"LITEFS_ALWAYS_FORWARD": "/far/*", "LITEFS_PASSTHROUGH": "/near/*"}
    with Cluster(2, servers=(SERVER, SERVER), environment=rules) as cluster:
        yield cluster


async def talk(node: Node, path: str, sizes: list[int]) -> tuple[bool, str, str, str]:
    """Sends random frames: whether each came back, what we sent and what the app heard (hashes), its node."""
    said, same = hashlib.sha256(), True
    async with connect(f"ws://{node.front}{path}", max_size=None, compression=None) as socket:
        for size in sizes:
            frame = random.randbytes(size)
            said.update(frame)
            await socket.send(frame)
            same &= await asyncio.wait_for(socket.recv(), TIMEOUT) == frame
        await socket.send("hash")
        heard, _, name = str(await asyncio.wait_for(socket.recv(), TIMEOUT)).partition(" ")
    return same, said.hexdigest(), heard, name


@pytest.mark.parametrize("path", ["/ws", "/near/ws"])
def test_websocket(streaming: Cluster, path: str) -> None:
    """At a replica: to the primary, unless the path is passed through."""
    replica = streaming.replicas[0]
    sizes = [
        0,
        1,
        125,
        126,
        65_535,
        65_536,
        LARGE_MESSAGE,
        *(random.randrange(LARGEST) for _ in range(FRAMES)),
    ]

    async def several() -> list[tuple[bool, str, str, str]]:
        return await asyncio.gather(*(talk(replica, path, sizes) for _ in range(4)))

    for same, said, heard, name in asyncio.run(several()):
        assert same
        assert said == heard
        assert name == (replica.name if path == "/near/ws" else streaming.primary.name)


def get(node: Node, path: str) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    connection = http.client.HTTPConnection(node.front, timeout=TIMEOUT)
    connection.request("GET", path)
    return connection, connection.getresponse()


@pytest.mark.parametrize("path", ["/far/events", "/near/events"])
def test_events_arrive_one_by_one(streaming: Cluster, path: str) -> None:
    """The pause between two is longer than any delay, so one that is held back comes with the next."""
    replica = streaming.replicas[0]
    connection, answer = get(replica, f"{path}?count=4&every_ms=300")
    assert answer.headers["X-Node"] == (replica.name if path == "/near/events" else streaming.primary.name)
    for _ in range(4):
        written = int(answer.readline().removeprefix(b"data: "))
        assert answer.readline() == b"\n"
        assert time.monotonic_ns() - written < 300e6
    assert answer.read() == b""
    connection.close()


def test_bodies(streaming: Cluster) -> None:
    replica = streaming.replicas[0]
    connection = http.client.HTTPConnection(replica.front, timeout=TIMEOUT)
    pieces = [BODY[i : i + 50_000] for i in range(0, len(BODY), 50_000)]
    for body in (BODY, iter(pieces)):  # of a length, and in chunks
        connection.request("POST", "/upload", body=body, encode_chunked=not isinstance(body, bytes))
        answer = connection.getresponse()
        assert answer.headers["X-Node"] == streaming.primary.name
        assert json.loads(answer.read()) == [len(BODY), hashlib.sha256(BODY).hexdigest()]
    connection.close()
    connection, answer = get(replica, f"/far/download?size={len(BODY)}")
    assert answer.read() == BODY
    connection.close()


def test_a_stop_tells_websockets(streaming: Cluster) -> None:
    """The last of this file: the app of the stopped node closes them in its words, through the drain."""
    replica = streaming.replicas[0]

    async def told() -> ConnectionClosed:
        async with connect(f"ws://{replica.front}/near/ws", compression=None) as socket:
            await socket.send(b"x")
            await asyncio.wait_for(socket.recv(), TIMEOUT)
            replica.terminate()
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(socket.recv(), TIMEOUT)
            return closed.value

    closed = asyncio.run(told())
    assert closed.rcvd is not None
    assert closed.rcvd.code == 1012
    assert replica.wait_end(TIMEOUT) == 0
