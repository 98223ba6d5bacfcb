"""An HTTP client as a visitor is one: a cookie jar of its own, kept connections, no silent repeats."""

from __future__ import annotations

import http.client
import http.cookies
import json
import select
import time
from dataclasses import dataclass
from typing import Any

DEFAULT_TIMEOUT = 60.0


class NotSentError(Exception):
    """No byte of the request left: it cannot have been executed."""


class NoAnswerError(Exception):
    """The request was sent and no complete answer came: it may have been executed."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def served_by(self) -> tuple[str, str, int]:
        """Node, its role and the process of the app that made this answer; ("", "", 0) if the app did not."""
        node, _, rest = self.headers.get("X-Served-By", "").partition(" ")
        role, _, pid = rest.partition(" ")
        return node, role, int(pid or 0)

    @property
    def marked_stale(self) -> bool:
        return "litefs-stale" in self.headers or "litefs-lineage" in self.headers

    @property
    def not_executed(self) -> str | None:
        return self.headers.get("litefs-not-executed")


class Client:
    """Not shared between threads. Addresses are "host:port"; one jar for all nodes."""

    def __init__(self, timeout: float = DEFAULT_TIMEOUT) -> None:
        self.cookies: dict[str, str] = {}
        self._timeout = timeout
        self._connections: dict[str, http.client.HTTPConnection] = {}

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    def get(self, address: str, path: str, headers: dict[str, str] | None = None) -> Answer:
        return self.request(address, "GET", path, headers=headers)

    def post_json(self, address: str, path: str, value: object) -> Answer:
        return self.request(
            address, "POST", path, json.dumps(value).encode(), {"Content-Type": "application/json"}
        )

    def post_file(self, address: str, path: str, name: str, content: bytes) -> Answer:
        """Uploads as a browser's form does, CSRF token and all."""
        boundary = "----notes-upload-boundary"
        opening = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        body = opening.encode() + content + f"\r\n--{boundary}--\r\n".encode()
        self.get(address, path)
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "X-CSRFToken": self.cookies["csrftoken"],
        }
        return self.request(address, "POST", path, body, headers)

    def request(
        self,
        address: str,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        started = time.monotonic()
        connection = self._connect(address)
        sent = dict(headers or {})
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise NoAnswerError(f"{method} {path} at {address}: {error!r}") from error
        for header in response.headers.get_all("Set-Cookie", []):
            self._keep(header)
        return Answer(response.status, response.headers, content, time.monotonic() - started)

    def _connect(self, address: str) -> http.client.HTTPConnection:
        """A kept connection that the other side has not closed, or a new one."""
        connection = self._connections.get(address)
        if connection is None:
            connection = self._connections[address] = http.client.HTTPConnection(
                address, timeout=self._timeout
            )
        if connection.sock is not None and select.select([connection.sock], [], [], 0)[0]:
            connection.close()
        if connection.sock is None:
            try:
                connection.connect()
            except OSError as error:
                connection.close()
                raise NotSentError(f"{address}: {error!r}") from error
        return connection

    def _keep(self, header: str) -> None:
        for name, morsel in http.cookies.SimpleCookie(header).items():
            if morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value
