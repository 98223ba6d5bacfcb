"""`consistency(app)`: what ConsistencyMiddleware does for Django, for any other ASGI app. Framework-free.

app = django_litefs.asgi.consistency(app, mount="/litefs", databases=["db.sqlite3"])
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from django_litefs import consistency as requests
from django_litefs.exchange import Exchange, Headers, place_at

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApplication = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

sleep = asyncio.sleep


def consistency(
    app: ASGIApplication,
    *,
    mount: str = "/litefs",
    databases: Sequence[str] = ("db.sqlite3",),
    read_wait: str = "1s",
    cookie_name: str = "litefs-position",
) -> ASGIApplication:
    """The app, with its answers' positions looked after. WebSockets and lifespan pass through."""
    place = place_at(mount, databases, read_wait, cookie_name)

    async def consistent(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        given = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        exchange = Exchange(place, scope["method"], given.get, secure=scope.get("scheme") == "https")
        for pause in exchange.pauses():
            await sleep(pause)
        started = False

        async def send_on(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in message.get("headers", ())]
                message = {**message, "headers": _encoded(exchange.finish(message["status"], headers))}
            await send(message)

        try:
            with requests.opened(exchange.context):
                await app(scope, receive, send_on)
        except Exception as error:
            refused = None if started else exchange.refusal(error)
            if refused is None:
                raise
            status, headers, body = refused
            headers = [*headers, ("content-length", str(len(body)))]
            await send({"type": "http.response.start", "status": status, "headers": _encoded(headers)})
            await send({"type": "http.response.body", "body": body})

    return consistent


def _encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
