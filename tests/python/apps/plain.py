"""The same small app for WSGI and ASGI, on plain sqlite3: its database on the mount has a table t(x)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Iterator
from typing import Any

from django_litefs import asgi, wsgi
from django_litefs.db.backends.litefs.errors import Translator

MOUNT = os.environ["APP_MOUNT"]
OPTIONS: dict[str, Any] = {"mount": MOUNT, "databases": ["db.sqlite3"], "read_wait": "500ms"}


def statement(sql: str) -> int:
    with contextlib.closing(sqlite3.connect(os.path.join(MOUNT, "db.sqlite3"))) as connection, connection:
        found = connection.execute(sql).fetchone()
    return int(found[0]) if found else 0


def answer(method: str, path: str) -> bytes:
    if path == "/refused":
        raise Translator("db.sqlite3", None).not_primary()
    if path == "/broken":
        raise ValueError("broken")
    if method == "POST":
        statement("INSERT INTO t VALUES (1)")
    return str(statement("SELECT count(*) FROM t")).encode()


def wsgi_app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    if environ["PATH_INFO"] == "/old-style":
        body = answer(environ["REQUEST_METHOD"], "/")
        start_response("200 OK", [("Content-Type", "text/plain")])(body)
        return
    start_response("200 OK", [("Content-Type", "text/plain"), ("Cache-Control", "max-age=0")])
    yield b""
    yield answer(
        environ["REQUEST_METHOD"], environ["PATH_INFO"]
    )  # after start_response, before the first bytes


async def asgi_app(scope: Any, _receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        raise RuntimeError("no lifespan")
    body = await asyncio.to_thread(answer, scope["method"], scope["path"])
    headers = [(b"content-type", b"text/plain"), (b"cache-control", b"max-age=0")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


application = wsgi.consistency(wsgi_app, **OPTIONS)
async_application = asgi.consistency(asgi_app, **OPTIONS)
