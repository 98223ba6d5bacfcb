"""An ASGI app of what streams, for tests and benchmarks: a WebSocket echo, events, bodies of any size.

No Django: `uvicorn tools.cluster.stream_app:app`. The last part of a path says what is wanted.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BLOCK = bytes(range(256)) * 256
NODE = os.environ.get("LITEFS_HOSTNAME", "")


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await live(receive, send)
        return
    what = scope["path"].rpartition("/")[2]
    options = {name: int(value) for name, value in parse_qsl(scope["query_string"].decode())}
    if scope["type"] == "websocket":
        await echo(receive, send)
    elif what == "events":
        await events(send, options.get("count", 1), options.get("every_ms", 0))
    elif what == "download":
        await download(send, options["size"])
    else:
        await upload(receive, send)


async def live(receive: Receive, send: Send) -> None:
    while True:
        asked = (await receive())["type"]
        await send({"type": f"{asked}.complete"})
        if asked == "lifespan.shutdown":
            return


async def echo(receive: Receive, send: Send) -> None:
    """Every frame comes back; after a text frame, the hash of all binary ones, and the node's name."""
    heard = hashlib.sha256()
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        data = message.get("bytes")
        if data is None:
            await send({"type": "websocket.send", "text": f"{heard.hexdigest()} {NODE}"})
            continue
        heard.update(data)
        await send({"type": "websocket.send", "bytes": data})


async def begin(send: Send, content_type: bytes, **fields: str) -> None:
    headers = [(b"content-type", content_type), (b"x-node", NODE.encode())]
    headers += [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def events(send: Send, count: int, every_ms: int) -> None:
    """Each carries the moment it was written, by the machine's monotonic clock, in nanoseconds."""
    await begin(send, b"text/event-stream", cache_control="no-store")
    for _ in range(count):
        line = f"data: {time.monotonic_ns()}\n\n".encode()
        await send({"type": "http.response.body", "body": line, "more_body": True})
        await asyncio.sleep(every_ms / 1000)
    await send({"type": "http.response.body"})


async def download(send: Send, size: int) -> None:
    await begin(send, b"application/octet-stream", content_length=str(size))
    while size > 0:
        await send({"type": "http.response.body", "body": BLOCK[:size], "more_body": True})
        size -= len(BLOCK[:size])
    await send({"type": "http.response.body"})


async def upload(receive: Receive, send: Send) -> None:
    size, heard, more = 0, hashlib.sha256(), True
    while more:
        message = await receive()
        piece = message.get("body", b"")
        size, more = size + len(piece), message.get("more_body", False)
        heard.update(piece)
    await begin(send, b"application/json")
    await send({"type": "http.response.body", "body": json.dumps([size, heard.hexdigest()]).encode()})
