"""halt(): write from a replica, for a moment."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from django.db import DEFAULT_DB_ALIAS, connections

if TYPE_CHECKING:
    from django_litefs.db.backends.litefs.halting import HaltingWrapper

DEFAULT_TIMEOUT_S = 10.0


class HaltBlock:
    """What halt() returns: a context manager, sync and async."""

    def __init__(self, alias: str, timeout: float) -> None:
        self._alias = alias
        self._timeout = timeout

    def __enter__(self) -> None:
        if (connection := _litefs_connection(self._alias)) is not None:
            connection.start_halt(self._timeout)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if (connection := _litefs_connection(self._alias)) is not None:
            connection.stop_halt()

    async def __aenter__(self) -> None:
        await sync_to_async(self.__enter__)()  # in the thread that Django's async ORM uses

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await sync_to_async(self.__exit__)(kind, error, trace)


def halt(alias: str = DEFAULT_DB_ALIAS, *, timeout: float = DEFAULT_TIMEOUT_S) -> HaltBlock:
    """Inside the block the database can be written here, while the primary waits: 25 s at most, then HaltExpiredError.

    Waits at most `timeout` seconds for LiteFS's HALT lock, else HaltRefusedError. On the primary, on a single node and
    for databases outside LiteFS it does nothing. Only this connection may write, not other threads of the process.
    """
    return HaltBlock(alias, timeout)


def _litefs_connection(alias: str) -> HaltingWrapper | None:
    from django_litefs.db.backends.litefs.halting import HaltingWrapper

    connection = connections[alias]
    return connection if isinstance(connection, HaltingWrapper) else None
