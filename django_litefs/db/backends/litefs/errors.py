"""From SQLite's errors to ours: judged by role and mount, since LiteFS's error codes vary for the same cause."""

from __future__ import annotations

import sqlite3
from typing import TypeVar

from django_litefs import consistency
from django_litefs.exceptions import CommitLostError, LiteFSError, MountLostError, NotPrimaryError
from django_litefs.node import SINGLE, Facts, Node

E = TypeVar("E", bound=Exception)
SQLITE_READONLY = 8
SQLITE_BUSY_SNAPSHOT = 517


class Translator:
    """Makes the errors of one database, and notes refusals in the request being served."""

    def __init__(self, database: str, node: Node | None) -> None:
        self.database = database
        self.node = node

    def translate(self, error: sqlite3.Error, device: int, *, query_only: bool) -> Exception:
        """The error to raise instead: our own, or the same."""
        if not isinstance(error, sqlite3.OperationalError) or self.node is None:
            return error
        facts = self.node.verified_facts()
        code = getattr(error, "sqlite_errorcode", None)  # since Python 3.11
        if not facts.mount_alive or facts.mount_device != device:
            return self.mount_lost(facts)
        if query_only and (code & 0xFF == SQLITE_READONLY if code is not None else "readonly" in str(error)):
            return self.not_primary(facts)
        if not facts.writable and not query_only:
            return self.not_primary(facts, hint="The primary role moved away during the transaction.")
        if code == SQLITE_BUSY_SNAPSHOT:
            _refuse_write(error)
        return error

    def commit_failed(self, error: sqlite3.Error, device: int) -> Exception:
        """COMMIT itself failed. On a living mount that is no commit; on a dead one nobody can tell."""
        facts = self.node.verified_facts() if self.node else SINGLE
        if not facts.mount_alive or facts.mount_device != device:
            return self.commit_lost(str(error))
        return self.translate(error, device, query_only=False)

    def not_primary(self, facts: Facts | None = None, hint: str = "") -> LiteFSError:
        facts = facts or self._facts()
        where = f"the primary is {facts.primary}" if facts.primary else "no primary is known"
        message = f"Database {self.database!r} cannot be written here: this node is {facts.role} and {where}."
        hint = hint or "Send the request through litefs-proxy, or run the command on the primary."
        return _refuse_write(self._make(NotPrimaryError, message, facts, hint))

    def not_here_yet(self) -> LiteFSError:
        message = f"Database {self.database!r} has not arrived on this node yet; the primary creates it."
        return _refuse(self._make(NotPrimaryError, message, self._facts(), ""))

    def mount_lost(self, facts: Facts | None = None) -> LiteFSError:
        mount = self.node.mount if self.node else ""
        message = f"The LiteFS mount {mount} is gone or was replaced."
        return _refuse(
            self._make(
                MountLostError, message, facts or self._facts(), "Is 'manage.py litefs_start' running?"
            )
        )

    def commit_lost(self, reason: str) -> LiteFSError:
        message = f"The outcome of a transaction on {self.database!r} is unknown: {reason}."
        error = self._make(CommitLostError, message, self._facts(), "")
        context = consistency.current()
        if context is not None:
            context.unknown = error
        return error

    def _facts(self) -> Facts:
        return self.node.facts(fresh=True) if self.node else SINGLE

    def _make(self, kind: type[LiteFSError], message: str, facts: Facts, hint: str) -> LiteFSError:
        return kind(message, role=facts.role, primary=facts.primary, database=self.database, hint=hint)


def _refuse_write(error: E) -> E:
    context = consistency.current()
    if context is not None:
        context.refused_write = True
    return _refuse(error)


def _refuse(error: E) -> E:
    context = consistency.current()
    if context is not None:
        context.refused = error
    return error
