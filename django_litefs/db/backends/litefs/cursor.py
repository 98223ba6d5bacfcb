"""The cursor of a cluster's database: every statement passes through its wrapper's transaction rules."""

from __future__ import annotations

import functools
import itertools
import sqlite3
import weakref
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from django.db.backends.sqlite3.base import SQLiteCursorWrapper

if TYPE_CHECKING:
    from django_litefs.db.backends.litefs.base import LitefsWrapperMixin
    from django_litefs.reads import Read


class LitefsConnection(sqlite3.Connection):
    """Knows its wrapper, so that a cursor needs nothing but its connection, as other cursor classes expect."""

    def belongs_to(self, wrapper: LitefsWrapperMixin) -> None:
        self._wrapper = weakref.ref(wrapper)  # the wrapper owns the connection

    def wrapper(self) -> LitefsWrapperMixin:
        found = self._wrapper()
        if found is None:
            raise sqlite3.ProgrammingError("The connection's wrapper is gone.")
        return found


class LitefsCursor(SQLiteCursorWrapper):
    """Hands each statement to `wrapper.run()`. Rows of an autocommit RETURNING are fetched before its COMMIT."""

    connection: LitefsConnection
    reads_for: Read | None = None  # the read that unfetched rows keep open, on a replica

    def __init__(self, connection: LitefsConnection) -> None:
        super().__init__(connection)
        self._wrapper = connection.wrapper()
        self._rows: Iterator[Any] | None = None

    def execute(self, query: str, params: Any = None) -> Any:
        self._rows = None
        return self._wrapper.run(
            self, query, lambda: super(LitefsCursor, self).execute(query, params), params
        )

    def executemany(self, query: str, param_list: Iterable[Any]) -> Any:
        self._rows = None
        return self._wrapper.run(
            self, query, lambda: super(LitefsCursor, self).executemany(query, param_list)
        )

    def executescript(self, script: str) -> Any:
        self._rows = None
        self._wrapper.run_script(self, script)
        return self

    def fetch_before_commit(self) -> None:
        if self.description is not None:
            self._rows = iter(super().fetchall())

    def explain(self, query: str, params: Any) -> list[Any]:
        """The program of a statement, without running it."""
        plain = self.connection.cursor(factory=SQLiteCursorWrapper)
        try:
            rows: list[Any] = plain.execute("EXPLAIN " + query, params).fetchall()
        finally:
            plain.close()
        return rows

    def fetchone(self) -> Any:
        if self._rows is not None:
            return next(self._rows, None)
        row = self._wrapper.fetch(self, super().fetchone)
        if row is None:
            self._rows_end()
        return row

    def fetchmany(self, size: int | None = None) -> list[Any]:
        count = self.arraysize if size is None else size
        if self._rows is not None:
            return list(itertools.islice(self._rows, count))
        rows = self._wrapper.fetch(self, lambda: super(LitefsCursor, self).fetchmany(count))
        if len(rows) < count:
            self._rows_end()
        return rows

    def fetchall(self) -> list[Any]:
        if self._rows is not None:
            return list(self._rows)
        rows = self._wrapper.fetch(self, super().fetchall)
        self._rows_end()
        return rows

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        return iter(self.fetchone, None) if self._rows is None else self._rows

    def close(self) -> None:
        super().close()
        self._rows_end()

    def __del__(self) -> None:
        self._rows_end()

    def _rows_end(self) -> None:
        if self.reads_for is not None:
            self._wrapper.rows_end(self)


@functools.cache
def connection_class(base: type[sqlite3.Connection]) -> type[sqlite3.Connection]:
    """LitefsConnection over the connection class that OPTIONS["factory"] asks for."""
    if base is sqlite3.Connection:
        return LitefsConnection
    return type("LitefsConnection", (LitefsConnection, base), {})
