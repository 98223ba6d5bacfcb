"""`consistency(app)`: what ConsistencyMiddleware does for Django, for any other WSGI app. Framework-free.

app = django_litefs.wsgi.consistency(app, mount="/litefs", databases=["db.sqlite3"])
"""

from __future__ import annotations

import contextvars
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from http.client import responses
from typing import Any

from django_litefs import consistency as requests
from django_litefs.exchange import Exchange, place_at

Write = Callable[[bytes], object]
StartResponse = Callable[..., Write]
WSGIEnvironment = dict[str, Any]
WSGIApplication = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]

sleep = time.sleep


def consistency(
    app: WSGIApplication,
    *,
    mount: str = "/litefs",
    databases: Sequence[str] = ("db.sqlite3",),
    read_wait: str = "1s",
    cookie_name: str = "litefs-position",
) -> WSGIApplication:
    """The app, with its answers' positions looked after. The first database is the one most used."""
    place = place_at(mount, databases, read_wait, cookie_name)

    def consistent(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        secure = environ.get("wsgi.url_scheme") == "https"
        exchange = Exchange(place, environ["REQUEST_METHOD"], _lookup(environ), secure=secure)
        for pause in exchange.pauses():
            sleep(pause)
        return _Answer(app, environ, start_response, exchange)

    return consistent


def _lookup(environ: WSGIEnvironment) -> Callable[[str], str | None]:
    return lambda name: environ.get("HTTP_" + name.upper().replace("-", "_"))


class _Answer:
    """The body. Its head is held until the first bytes, since an app may write while it makes them."""

    def __init__(
        self,
        app: WSGIApplication,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        exchange: Exchange,
    ) -> None:
        self._app, self._environ, self._exchange = app, environ, exchange
        self._start_response = start_response
        self._head: tuple[str, list[tuple[str, str]], Any] | None = None
        self._write: Write | None = None  # the server's, once the head is out
        self._body: Any = None
        # The app and its body run in one context of their own, which the server's thread need not keep between chunks.
        self._variables = contextvars.copy_context()
        self._variables.run(requests.enter, exchange.context)

    def __iter__(self) -> Iterator[bytes]:
        try:
            self._body = self._variables.run(self._app, self._environ, self._start)
            chunks = iter(self._body)
            while (chunk := self._variables.run(next, chunks, None)) is not None:
                if chunk:
                    self._send_head()
                    yield chunk
            self._send_head()
        except Exception as error:
            refused = None if self._write is not None else self._exchange.refusal(error)
            if refused is None:
                raise
            status, headers, body = refused
            length = ("content-length", str(len(body)))
            self._start_response(f"{status} {responses[status]}", [*headers, length], sys.exc_info())
            yield body

    def close(self) -> None:
        if hasattr(self._body, "close"):
            self._variables.run(self._body.close)

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Write:
        if exc_info is not None and self._write is not None:
            self._start_response(status, headers, exc_info)  # too late for another head: the server raises it
        self._head = (status, headers, exc_info)
        return self._write_now

    def _write_now(self, data: bytes) -> object:
        """What start_response returned to the app, for those that still use it."""
        write = self._send_head()
        return write(data) if write is not None else None

    def _send_head(self) -> Write | None:
        if self._write is None and self._head is not None:
            status, headers, exc_info = self._head
            headers = self._exchange.finish(int(status[:3]), list(headers))
            self._write = (
                self._start_response(status, headers, exc_info)
                if exc_info
                else (self._start_response(status, headers))
            )
        return self._write
