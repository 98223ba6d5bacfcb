"""The reads of one connection to a replica: which statements begin one, and which end it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django_litefs import _core
from django_litefs.conf import effective
from django_litefs.exceptions import ReadTooLongError
from django_litefs.reads import Limits, Read

if TYPE_CHECKING:
    from django_litefs.db.backends.litefs.cursor import LitefsCursor
    from django_litefs.db.backends.litefs.statements import Kind
    from django_litefs.node import Facts, Node


def limits() -> Limits:
    s = effective()
    return Limits(_core.parse_duration(s.long_read), _core.parse_duration(s.max_read_transaction))


class Reading:
    """Knows the read of the open transaction; a cursor knows the one that its rows belong to."""

    def __init__(self, node: Node, database: str, limits: Limits) -> None:
        self._node = node
        self._database = database
        self._limits = limits
        self._transaction: Read | None = None

    def run(self, cursor: LitefsCursor, sql: str, kind: Kind, facts: Facts, call: Callable[[], Any]) -> Any:
        """A statement on a replica."""
        connection = cursor.connection
        inside = connection.in_transaction
        if not kind.reads:  # transaction control, or a write that is refused at once
            result = call() if self._transaction is None else self._step(self._transaction, call)
            if not connection.in_transaction:
                self.transaction_ends()
            return result
        read = self._transaction if inside else None
        if read is None:
            read = self._node.reads.begin(connection, facts.mount_device, self._limits)
            if inside:
                self._transaction = read
        read.add(sql, cursor)
        try:
            result = self._step(read, call)
        except BaseException:
            if not inside:
                self._node.reads.end(read)
            raise
        cursor.reads_for = read
        if cursor.description is None:
            self.rows_end(cursor)
        return result

    def fetch(self, cursor: LitefsCursor, call: Callable[[], Any]) -> Any:
        return call() if cursor.reads_for is None else self._step(cursor.reads_for, call)

    def rows_end(self, cursor: LitefsCursor) -> None:
        """The cursor has no more rows, or is closed or used anew."""
        read, cursor.reads_for = cursor.reads_for, None
        if read is not None and read is not self._transaction:
            self._node.reads.end(read)

    def transaction_ends(self) -> None:
        read, self._transaction = self._transaction, None
        if read is not None:
            self._node.reads.end(read)

    def before(self, cursor: LitefsCursor, *, in_atomic_block: bool) -> None:
        """Each statement: the rows of the cursor's last one are over, and so is a transaction ended by SQL."""
        if cursor.reads_for is not None:
            self.rows_end(cursor)
        read = self._transaction
        if read is None or cursor.connection.in_transaction:
            return
        if not (read.ended and in_atomic_block):  # an atomic block goes on refusing until Django ends it
            self.transaction_ends()
        if read.ended:  # what follows must not run outside its transaction
            raise self._too_long(read)

    def _step(self, read: Read, call: Callable[[], Any]) -> Any:
        with read.lock:
            self._refuse_if_ended(read)
            try:
                return call()
            except sqlite3.OperationalError:  # interrupted, perhaps
                self._refuse_if_ended(read)
                raise

    def _refuse_if_ended(self, read: Read) -> None:
        if read.ended:
            read.connection.rollback()
            self._node.reads.end(read)
            raise self._too_long(read) from None

    def _too_long(self, read: Read) -> ReadTooLongError:
        facts = self._node.facts()
        return ReadTooLongError(
            f"A read of {self._database!r} was ended after {self._limits.max_read:g} s, since it held replication up: "
            f"{read.describe()}.",
            role=facts.role,
            primary=facts.primary,
            database=self._database,
            hint="Read in shorter pieces or on the primary, or raise LITEFS['MAX_READ_TRANSACTION'].",
        )
