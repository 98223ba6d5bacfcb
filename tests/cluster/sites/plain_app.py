"""The least app there is, as WSGI and as ASGI: /sleep/<seconds> takes its time, and says when it began and where.

PLAIN_APP_IMPORT: seconds that its import takes, as a large site's does.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterable
from typing import Any

time.sleep(float(os.environ.get("PLAIN_APP_IMPORT", "0")))


def _seconds(path: str) -> float:
    return float(path.removeprefix("/sleep/")) if path.startswith("/sleep/") else 0.0


def _body(began: float, scheme: str, request_id: str) -> bytes:
    return json.dumps({"began": began, "pid": os.getpid(), "scheme": scheme, "id": request_id}).encode()


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    began = time.monotonic()
    while environ["wsgi.input"].read(65536):
        pass
    time.sleep(_seconds(environ["PATH_INFO"]))
    body = _body(began, environ.get("HTTP_X_FORWARDED_PROTO", ""), environ.get("HTTP_X_REQUEST_ID", ""))
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


async def asgi(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    began = time.monotonic()
    while (await receive()).get("more_body"):
        pass
    await asyncio.sleep(_seconds(scope["path"]))
    headers = dict(scope["headers"])
    body = _body(
        began, headers.get(b"x-forwarded-proto", b"").decode(), headers.get(b"x-request-id", b"").decode()
    )
    length = str(len(body)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
    await send({"type": "http.response.body", "body": body})
