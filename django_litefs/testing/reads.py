"""Runs each GET of the test clients as on a replica first, and lists the views that tried to write.

Such a request then runs again as on the primary, as litefs-proxy would do, so the tests go on as usual. Views that are
declared (`@primary`, ALWAYS_FORWARD) run on the primary at once and are no offenders.
"""

from __future__ import annotations

import copy
import fnmatch
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from django.db import connections
from django.test.client import AsyncClient, Client
from django.urls import Resolver404, resolve

from django_litefs.conf import effective
from django_litefs.consistency import SAFE_METHODS
from django_litefs.db.backends.litefs.base import LitefsWrapperMixin
from django_litefs.testing.replica import replica


@dataclass
class Offender:
    """A view that wrote in a safe request."""

    view: str
    method: str
    path: str  # of the first such request
    error: str
    requests: int = 1

    def __str__(self) -> str:
        return f"{self.method} {self.path} ({self.view}), {self.requests} request(s): {self.error}"


class ReplicaReads:
    """Context manager. `offenders`: one for each view and method."""

    def __init__(self) -> None:
        self.offenders: dict[tuple[str, str], Offender] = {}

    def __enter__(self) -> ReplicaReads:
        self._request, self._async_request = Client.request, AsyncClient.request
        reads, request, async_request = self, self._request, self._async_request

        def sync_request(client: Client, **asked: Any) -> Any:
            if (found := reads._look_up(asked)) is None:
                return request(client, **asked)
            with reads._tried(client, found) as tried:
                tried.response = request(client, **asked)
            return tried.response if not tried.refused else request(client, **asked)

        async def awaited_request(client: AsyncClient, **asked: Any) -> Any:
            if (found := reads._look_up(asked)) is None:
                return await async_request(client, **asked)
            with reads._tried(client, found) as tried:
                tried.response = await async_request(client, **asked)
            return tried.response if not tried.refused else await async_request(client, **asked)

        Client.request, AsyncClient.request = sync_request, awaited_request  # type: ignore[method-assign,assignment]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        Client.request, AsyncClient.request = self._request, self._async_request  # type: ignore[method-assign]

    def report(self) -> list[str]:
        """One line for each offender."""
        return [str(offender) for _, offender in sorted(self.offenders.items())]

    def _look_up(self, asked: dict[str, Any]) -> _Found | None:
        """What a safe request asks for; None if it goes to the primary anyway."""
        method = asked.get("REQUEST_METHOD") or asked.get("method", "GET")
        path = asked.get("PATH_INFO") or asked.get("path", "/")
        if method not in SAFE_METHODS or _is_forwarded(path):
            return None
        try:
            match = resolve(path)
        except Resolver404:
            return _Found("no view", method, path)
        if getattr(match.func, "runs_on_primary", False):
            return None
        return _Found(match._func_path, method, path)

    @contextmanager
    def _tried(self, client: Any, found: _Found) -> Iterator[_Tried]:
        """One request as on a replica; what it left behind is undone if it was refused."""
        tried = _Tried()
        cookies, marks = copy.deepcopy(client.cookies), _marks()
        with replica() as node:
            try:
                yield tried
            except Exception:
                if not node.refused:
                    raise
        if node.refused:
            tried.refused = True
            client.cookies, client.exc_info = cookies, None
            for connection, needs_rollback, on_commit in marks:
                connection.needs_rollback, connection.run_on_commit = needs_rollback, on_commit
            self._note(found, node.refused[0])

    def _note(self, found: _Found, error: Exception) -> None:
        key = (found.view, found.method)
        if key in self.offenders:
            self.offenders[key].requests += 1
        else:
            self.offenders[key] = Offender(found.view, found.method, found.path, str(error))


@dataclass(frozen=True)
class _Found:
    view: str
    method: str
    path: str


@dataclass
class _Tried:
    response: Any = None
    refused: bool = False


def _is_forwarded(path: str) -> bool:
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in effective().always_forward)


def _marks() -> list[tuple[Any, bool, list[Any]]]:
    """What a refused statement changes in the transaction around a test."""
    return [
        (connection, connection.needs_rollback, list(connection.run_on_commit))
        for connection in connections.all(initialized_only=True)
        if isinstance(connection, LitefsWrapperMixin)
    ]
