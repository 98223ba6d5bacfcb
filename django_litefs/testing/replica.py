"""`replica()`: inside it every connection of the ENGINE refuses writes, as on a replica.

SQLite is the judge (`PRAGMA query_only`), as on a real one. The whole process is meant, also threads and connections
that are opened later. Databases of other engines are left alone.
"""

from __future__ import annotations

import contextlib
import functools
import sqlite3
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from asgiref.sync import iscoroutinefunction
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.utils import OperationalError

from django_litefs import pretence
from django_litefs.conf import effective
from django_litefs.db.backends.litefs.base import LitefsWrapperMixin
from django_litefs.db.backends.litefs.errors import SQLITE_READONLY, Translator
from django_litefs.node import Facts

F = TypeVar("F", bound=Callable[..., Any])
PRIMARY = "the-primary"

_opened: weakref.WeakSet[LitefsWrapperMixin] = weakref.WeakSet()  # since this module was imported
_active: list[replica] = []


class replica:  # noqa: N801 (used like a function)
    """Context manager, and decorator of sync and async functions. `refused`: the errors of the writes tried in it."""

    def __init__(self) -> None:
        self.refused: list[Exception] = []
        self._before: Facts | None = None

    def __enter__(self) -> replica:
        if effective().cluster:
            raise ImproperlyConfigured("replica() is for tests: this process belongs to a real cluster.")
        self._before = pretence.facts
        pretence.facts = Facts("replica", True, 0, PRIMARY, "")
        _active.append(self)
        for connection in [*connections.all(initialized_only=True), *_opened]:
            _refuse_writes(connection)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _active.remove(self)
        pretence.facts = self._before
        if not _active:
            for connection in [*connections.all(initialized_only=True), *_opened]:
                _allow_writes(connection)

    def __call__(self, function: F) -> F:
        if iscoroutinefunction(function):

            @functools.wraps(function)
            async def async_wrapped(*args: Any, **kwargs: Any) -> Any:
                with type(self)():
                    return await function(*args, **kwargs)

            return async_wrapped  # type: ignore[return-value]

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with type(self)():
                return function(*args, **kwargs)

        return wrapped  # type: ignore[return-value]


class Refusal:
    """An execute wrapper (Django's own hook): turns SQLite's refusal into the error of a real replica."""

    def __init__(self, alias: str) -> None:
        self.alias = alias

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        try:
            return execute(sql, params, many, context)
        except OperationalError as error:
            if not _is_refusal(error.__cause__):
                raise
            refusal = Translator(self.alias, None).not_primary(pretence.facts)
            for each in _active:
                each.refused.append(refusal)
            raise refusal from error


def _refuse_writes(connection: Any) -> None:
    if isinstance(connection, LitefsWrapperMixin):
        _set_query_only(connection, 1)
        if not any(isinstance(wrapper, Refusal) for wrapper in connection.execute_wrappers):
            connection.execute_wrappers.append(Refusal(connection.alias))


def _allow_writes(connection: Any) -> None:
    if isinstance(connection, LitefsWrapperMixin):
        _set_query_only(connection, 0)
        connection.execute_wrappers[:] = [
            wrapper for wrapper in connection.execute_wrappers if not isinstance(wrapper, Refusal)
        ]


def _set_query_only(connection: LitefsWrapperMixin, value: int) -> None:
    if connection.connection is not None:
        with contextlib.suppress(sqlite3.ProgrammingError):  # closed by its thread
            connection.connection.execute(f"PRAGMA query_only = {value}")


def _is_refusal(error: BaseException | None) -> bool:
    if not isinstance(error, sqlite3.OperationalError):
        return False
    code = getattr(error, "sqlite_errorcode", None)  # since Python 3.11
    return code & 0xFF == SQLITE_READONLY if code is not None else "readonly" in str(error)


def _note_opened(connection: Any, **_: Any) -> None:
    if isinstance(connection, LitefsWrapperMixin):
        _opened.add(connection)
        if _active:
            _refuse_writes(connection)


connection_created.connect(_note_opened, dispatch_uid="django_litefs.testing")
