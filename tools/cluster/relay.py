"""Relays in front of the nodes' LiteFS: replication between them takes as long as it would over a distance."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from .cluster import Cluster
from .node import LITEFS_PORT

CHUNK = 64 * 1024
CONNECT_WITHIN = 5.0


class Relay:
    """Passes TCP connections on, each byte `delay` seconds later, both ways. A context manager with its own thread."""

    def __init__(self, address: str, target: str, port: int, delay: float = 0.0) -> None:
        self.address, self.target, self.port = address, target, port
        self.delay = delay  # may be changed at any time
        self._broken = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"relay-{address}")
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Relay:
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """What is under way is lost, and nothing passes until heal()."""
        self._broken = True
        self._run(self._drop())

    def heal(self) -> None:
        self._broken = False

    def _run(self, work: object) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()  # type: ignore[arg-type]

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, self.address, self.port)

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._drop()

    async def _drop(self) -> None:
        tasks = [*self._open]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            if not self._broken:
                await self._pass_on(reader, writer)
        except (OSError, asyncio.CancelledError, TimeoutError):
            pass
        finally:
            self._open.discard(task)
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connecting = asyncio.open_connection(self.target, self.port)
        far_reader, far_writer = await asyncio.wait_for(connecting, CONNECT_WITHIN)
        ways = [self._way(reader, far_writer), self._way(far_reader, writer)]
        both = [asyncio.ensure_future(way) for way in ways]
        try:
            await asyncio.gather(*both)
        finally:
            for one in both:
                one.cancel()
            far_writer.transport.abort()

    async def _way(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Bounded by what TCP keeps: no more is read than can be under way."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                due, data = await under_way.get()
                if (left := due - self._loop.time()) > 0:
                    await asyncio.sleep(left)
                if not data:
                    with suppress(OSError):
                        sink.write_eof()
                    return
                sink.write(data)
                await sink.drain()

        delivering = asyncio.ensure_future(deliver())
        try:
            data = b"-"
            while data:
                data = await source.read(CHUNK)
                under_way.put_nowait((self._loop.time() + self.delay, data))
            await delivering
        finally:
            delivering.cancel()


@contextmanager
def at_a_distance(cluster: Cluster, delay: float) -> Iterator[dict[str, Relay]]:
    """Before the cluster starts: whoever replicates from a node does so through its relay. By the node's name."""
    with ExitStack() as stack:
        relays = {}
        for number, node in enumerate(cluster.nodes):
            prefix = node.address.rpartition(".")[0]
            relay = Relay(f"{prefix}.{100 + number}", node.address, LITEFS_PORT, delay)
            relays[node.name] = stack.enter_context(relay)
            node.environment["LITEFS_ADVERTISE_URL"] = f"http://{relay.address}:{LITEFS_PORT}"
            node.environment["LITEFS_HTTP_ADDR"] = f"{node.address}:{LITEFS_PORT}"
        yield relays
