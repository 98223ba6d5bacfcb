"""From SQLite's errors to ours: judged by role and mount, since LiteFS's error codes vary for the same cause."""

from __future__ import annotations

import sqlite3

from django_litefs import consistency
from django_litefs.db.backends.litefs.hidden_writers import hidden_writer
from django_litefs.exceptions import (
    REPLAYED,
    CommitLostError,
    HaltedError,
    HaltExpiredError,
    HaltRefusedError,
    LiteFSError,
    MountLostError,
    NotPrimaryError,
    StorageError,
    WriteTooLateError,
)
from django_litefs.node import SINGLE, Facts, Node

SQLITE_BUSY = 5
SQLITE_READONLY = 8
SQLITE_BUSY_SNAPSHOT = 517
STORAGE_CODES = (10, 13, 14)  # IOERR, FULL, CANTOPEN
SQLITE_PROTOCOL = 15
WAYS_OUT = "Send the request through litefs-proxy, run the command on the primary, or wrap it in django_litefs.halt()."


class Translator:
    """Makes the errors of one database, and notes refusals in the request being served."""

    def __init__(self, database: str, node: Node | None) -> None:
        self.database = database
        self.node = node

    def translate(
        self,
        error: sqlite3.Error,
        device: int,
        *,
        query_only: bool,
        sql: str = "",
        deferred: bool = False,
        halted: bool = False,
    ) -> Exception:
        """The error to raise instead of that of a statement: our own, or the same."""
        if not isinstance(error, sqlite3.OperationalError) or self.node is None:
            return error
        facts = self.node.verified_facts()
        code = getattr(error, "sqlite_errorcode", None)  # since Python 3.11
        if not facts.mount_alive or facts.mount_device != device:
            return self.mount_lost(facts)
        if query_only and (code & 0xFF == SQLITE_READONLY if code is not None else "readonly" in str(error)):
            return self.not_primary(facts, sql=sql)
        if not facts.writable and not query_only and not halted:
            return self.not_primary(facts, hint="The primary role moved away during the transaction.")
        if is_busy_protocol(error):
            return self._halted(facts)
        if code is not None and code & 0xFF in STORAGE_CODES:
            return self._storage(error, facts)
        too_late = code == SQLITE_BUSY_SNAPSHOT or (code == SQLITE_BUSY and deferred)
        if too_late and consistency.current() is not None:
            return self._write_too_late(facts)
        return error

    def commit_failed(self, error: sqlite3.Error, device: int, *, halted: bool = False) -> Exception:
        """COMMIT itself failed. On a living mount that is no commit; on a dead one nobody can tell."""
        facts = self.node.verified_facts() if self.node else SINGLE
        if not facts.mount_alive or facts.mount_device != device:
            return self.commit_lost(str(error))
        return self.translate(error, device, query_only=False, halted=halted)

    def not_primary(self, facts: Facts | None = None, hint: str = "", sql: str = "") -> LiteFSError:
        facts = facts or self._facts()
        where = f"the primary is {facts.primary}" if facts.primary else "no primary is known"
        message = f"Database {self.database!r} cannot be written here: this node is {facts.role} and {where}."
        if facts.frozen:
            message = f"Database {self.database!r} cannot be written: the cluster is under maintenance."
            hint = "'manage.py litefs_maintenance off' ends it."
        if writer := hidden_writer(sql):
            message += f" The writer is {writer}."
        return self._refused(NotPrimaryError, message, facts, hint or WAYS_OUT, write=True)

    def not_here_yet(self) -> LiteFSError:
        message = f"Database {self.database!r} has not arrived on this node yet; the primary creates it."
        return self._refused(NotPrimaryError, message, self._facts(), "", write=False)

    def mount_lost(self, facts: Facts | None = None) -> LiteFSError:
        mount = self.node.mount if self.node else ""
        message = f"The LiteFS mount {mount} is gone or was replaced."
        hint = "Is 'manage.py litefs_start' running?"
        return self._refused(MountLostError, message, facts or self._facts(), hint, write=False)

    def commit_lost(self, reason: str) -> LiteFSError:
        message = f"The outcome of a transaction on {self.database!r} is unknown: {reason}."
        error = self._make(CommitLostError, message, self._facts(), "")
        context = consistency.current()
        if context is not None:
            context.unknown = error
        return error

    def halt_refused(self, reason: str) -> LiteFSError:
        message = f"The HALT lock on {self.database!r} was not to be had: {reason}."
        hint = "Long transactions on the primary, and long reads here, keep it away."
        return self._make(HaltRefusedError, message, self._facts(), hint)

    def halt_expired(self, reason: str) -> LiteFSError:
        message = f"The HALT lock on {self.database!r} is over: {reason}. The transaction is rolled back."
        return self._make(HaltExpiredError, message, self._facts(), "Write less at once.")

    def _write_too_late(self, facts: Facts) -> LiteFSError:
        message = (
            f"A transaction on {self.database!r} began with a read; another one writes or has written since."
        )
        hint = "Mark the view with @primary: its transactions take the write lock first."
        return self._refused(WriteTooLateError, message, facts, hint, write=True)

    def _halted(self, facts: Facts) -> LiteFSError:
        message = f"Database {self.database!r} stayed locked: a replica may hold the HALT lock on it."
        hint = "It ends after 30 s at the latest; a longer OPTIONS['timeout'] waits for it."
        return self._make(HaltedError, message, facts, hint)

    def _storage(self, error: sqlite3.Error, facts: Facts) -> LiteFSError:
        message = f"LiteFS cannot read or write {self.database!r} ({error}), although its mount is alive."
        return self._make(StorageError, message, facts, "Is the disk full? LiteFS's log says more.")

    def _facts(self) -> Facts:
        return self.node.facts(fresh=True) if self.node else SINGLE

    def _refused(
        self, kind: type[LiteFSError], message: str, facts: Facts, hint: str, *, write: bool
    ) -> LiteFSError:
        context = consistency.current()
        runs_again = context is not None and context.refuse(write=write)
        return self._make(REPLAYED[kind] if runs_again else kind, message, facts, hint)

    def _make(self, kind: type[LiteFSError], message: str, facts: Facts, hint: str) -> LiteFSError:
        return kind(message, role=facts.role, primary=facts.primary, database=self.database, hint=hint)


def is_busy_protocol(error: sqlite3.Error) -> bool:
    """SQLITE_PROTOCOL: the locks of a read could not be had for 10 s. On the primary: a replica holds HALT."""
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF == SQLITE_PROTOCOL if code is not None else "locking protocol" in str(error)
