"""Many WebSockets through a replica to the primary's app, random frames, every hash compared."""

from __future__ import annotations

import asyncio
import hashlib
import random
import time

from websockets.asyncio.client import connect

from bench.report import Goal, Row

CONNECTIONS = 200
LARGEST = 2**20
SMALL = 4096
ALL_EQUAL = Goal(float(CONNECTIONS), of="ours", at_least=True)


async def rows(front: str, seconds: int) -> list[Row]:
    until = time.monotonic() + seconds
    talks = await asyncio.gather(*(_talk(front, until) for _ in range(CONNECTIONS)), return_exceptions=True)
    good = [passed for passed in talks if isinstance(passed, int)]
    for failed in {repr(talk) for talk in talks if isinstance(talk, BaseException)}:
        print(f"a WebSocket failed: {failed}")
    return [
        Row(f"WebSockets of {CONNECTIONS} with equal hashes both ways", "", None, len(good), None, ALL_EQUAL),
        Row("their bytes, each way", "MB", None, sum(good) / 1e6, None),
    ]


async def _talk(front: str, until: float) -> int:
    """Random frames until then, echoed; the bytes one way."""
    said, echoed, total = hashlib.sha256(), hashlib.sha256(), 0
    async with connect(f"ws://{front}/ws", max_size=None, compression=None, open_timeout=60) as socket:
        while time.monotonic() < until:
            frame = random.randbytes(random.choice((0, random.randrange(SMALL), random.randint(0, LARGEST))))
            said.update(frame)
            total += len(frame)
            await socket.send(frame)
            back = await socket.recv()
            assert isinstance(back, bytes)
            echoed.update(back)
        await socket.send("hash")
        heard = str(await socket.recv()).partition(" ")[0]
    if not said.hexdigest() == echoed.hexdigest() == heard:
        raise ValueError("the hashes differ")
    return total
