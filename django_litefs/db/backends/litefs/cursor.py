"""The cursor of a cluster's database: every statement passes through its wrapper's transaction rules."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from django.db.backends.sqlite3.base import SQLiteCursorWrapper

if TYPE_CHECKING:
    from django_litefs.db.backends.litefs.base import LitefsWrapperMixin


class LitefsCursor(SQLiteCursorWrapper):
    """Hands each statement to `wrapper.run()`. Rows of an autocommit RETURNING are fetched before its COMMIT."""

    def __init__(self, connection: sqlite3.Connection, wrapper: LitefsWrapperMixin) -> None:
        super().__init__(connection)
        self._wrapper = wrapper
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
        return self._wrapper.run_script(lambda: super(LitefsCursor, self).executescript(script))

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
        return self._wrapper.fetch(super().fetchone) if self._rows is None else next(self._rows, None)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        count = self.arraysize if size is None else size
        if self._rows is None:
            return self._wrapper.fetch(lambda: super(LitefsCursor, self).fetchmany(count))
        return list(itertools.islice(self._rows, count))

    def fetchall(self) -> list[Any]:
        return self._wrapper.fetch(super().fetchall) if self._rows is None else list(self._rows)

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        return super().__iter__() if self._rows is None else self._rows


def cursor_factory(wrapper: LitefsWrapperMixin) -> Callable[[sqlite3.Connection], LitefsCursor]:
    return lambda connection: LitefsCursor(connection, wrapper)
