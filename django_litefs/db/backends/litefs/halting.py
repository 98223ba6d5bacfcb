"""Writing on a replica: django_litefs.halt(), and OPTIONS["replica_writes"] = "halt" around each transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.transaction import TransactionManagementError

from django_litefs.db.backends.litefs import replica_writes
from django_litefs.db.backends.litefs.halted import Halt, take, undisturbed
from django_litefs.db.backends.litefs.mounted import MountedWrapper
from django_litefs.db.backends.litefs.proof import UnprovenError
from django_litefs.node import Facts


class HaltingWrapper(MountedWrapper):
    """Holds the HALT lock for a connection: for a block of the site's own, or for one transaction."""

    def __init__(self, settings_dict: dict[str, Any], alias: str = "default") -> None:
        super().__init__(settings_dict, alias)
        self._halt: Halt | None = None
        self._halt_blocks = 0
        self._halt_is_own = False  # taken for one transaction

    def start_halt(self, timeout: float) -> None:
        """The database can be written here until stop_halt(). Blocks can be nested; the outermost counts."""
        if self._halt_blocks == 0:
            self.ensure_connection()
            if self._node is not None and not self._judge().writable:
                if self.connection.in_transaction:
                    raise TransactionManagementError("halt() must be around the transaction, not inside it.")
                self._halt = take(self, self._node, self._facts, timeout)
        self._halt_blocks += 1

    def stop_halt(self) -> None:
        self._halt_blocks -= 1
        if self._halt_blocks == 0:
            self._give_back()

    def _judge(self) -> Facts:
        raise NotImplementedError

    def _may_write(self, facts: Facts) -> bool:
        """Can what begins now be written here? Takes the HALT lock for it if that is what the site wants."""
        if facts.writable or self._node is None or not self._halts_by_itself():
            return facts.writable
        self._halt = take(self, self._node, facts, self._timeout)
        self._halt_is_own = True
        return self._judge().writable

    def _halts_by_itself(self) -> bool:
        wanted = replica_writes.mode(self._replica_writes) == replica_writes.HALT
        facts = self._node.facts() if wanted and self._node is not None else None
        return facts is not None and facts.role == "replica" and not facts.frozen

    def _with_halt(self, facts: Facts) -> Facts:
        return facts if self._halt is None or facts.writable else self._halt.facts(facts)

    def _refuse_if_lost(self) -> None:
        super()._refuse_if_lost()
        if self._halt is not None and self._facts.halted and self._node is not None:
            self._halt.facts(self._node.facts())

    def _refuse_if_halt_is_over(self) -> None:
        if self._halt is not None and self._facts.halted:
            self._halt.refuse_if_over()

    @contextmanager
    def _halt_for_commit(self) -> Iterator[None]:
        """Around COMMIT and its proof, which counts only if LiteFS held the lock all the time."""
        if self._halt is None or not self._facts.halted:
            yield
            return
        with undisturbed():
            yield
        if not self._halt.survived():
            raise UnprovenError("LiteFS gave up the HALT lock in that moment")

    def _end_own_halt(self) -> None:
        if self._halt_is_own:
            self._give_back()

    def _give_back(self) -> None:
        halt, self._halt, self._halt_is_own = self._halt, None, False
        if halt is None:
            return
        if self.connection is not None and self.connection.in_transaction:
            self.connection.rollback()  # LiteFS waits for it
        halt.release()

    def _close(self) -> None:
        super()._close()
        self._end_own_halt()
