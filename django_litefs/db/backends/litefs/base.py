"""Django's sqlite3 backend on LiteFS: role-aware transactions, proven commits, connections that notice a new mount.

`LitefsWrapperMixin` can be put over any subclass of Django's sqlite3 wrapper. In a cluster it judges by the node
page (or the mount) at each BEGIN and each autocommit statement; on a single node only the begin mode, the journal
and the durability differ from Django's own backend, in memory nothing does.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from django.db.backends.utils import debug_transaction

from django_litefs import _core, consistency
from django_litefs.conf import effective, this_node
from django_litefs.db.backends.litefs import opening
from django_litefs.db.backends.litefs.client import DatabaseClient
from django_litefs.db.backends.litefs.creation import DatabaseCreation
from django_litefs.db.backends.litefs.cursor import LitefsCursor, cursor_factory
from django_litefs.db.backends.litefs.errors import Translator
from django_litefs.db.backends.litefs.features import DatabaseFeatures
from django_litefs.db.backends.litefs.names import database_file, is_in_memory
from django_litefs.db.backends.litefs.options import Sqlite3Wrapper
from django_litefs.db.backends.litefs.proof import UnprovenError, commit_and_prove
from django_litefs.db.backends.litefs.statements import Kind, Kinds, forbidden_pragma
from django_litefs.exceptions import JournalModeError
from django_litefs.node import SINGLE, Facts, Node

T = TypeVar("T")
BUSY_TIMEOUT_S = 10.0


class LitefsWrapperMixin(Sqlite3Wrapper):
    """See the module. State that starts with an underscore belongs to the open connection."""

    client_class = DatabaseClient
    creation_class = DatabaseCreation
    features_class = DatabaseFeatures

    def __init__(self, settings_dict: dict[str, Any], alias: str = "default") -> None:
        super().__init__(settings_dict, alias)
        self._node: Node | None = None
        self._database = ""
        self._errors = Translator("", None)
        self._facts: Facts = SINGLE  # as of the running transaction, or of the last statement outside one
        self._device = 0
        self._pid = 0
        self._query_only = False
        self._changes = 0  # total_changes when the transaction began
        self._wrote_other = False
        self._kinds = Kinds()

    # Opening and dropping connections

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        self._node = None
        if not is_in_memory(self.settings_dict["NAME"]):
            params["database"] = database_file(self.settings_dict["NAME"], self.alias, effective())
            params.setdefault("timeout", BUSY_TIMEOUT_S)
            self._node = this_node()
            self._database = os.path.basename(params["database"])
        self._errors = Translator(self._database, self._node)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> sqlite3.Connection:
        self._pid = os.getpid()
        self._query_only = False
        if self._node is None:
            connection: sqlite3.Connection = super().get_new_connection(conn_params)
            if not is_in_memory(conn_params["database"]):
                opening.prepare_plain(connection)
            return connection
        facts = self._node.facts()
        uri = opening.find_on_mount(self._node, facts, conn_params["database"], self._errors)
        self._facts, self._device = facts, facts.mount_device
        try:
            return self._watched(lambda: self._open(conn_params, uri, facts))
        except sqlite3.Error as error:
            raise self._errors.translate(error, self._device, query_only=not facts.writable) from error

    def _open(self, conn_params: dict[str, Any], uri: str, facts: Facts) -> sqlite3.Connection:
        connection: sqlite3.Connection = super().get_new_connection({**conn_params, "database": uri})
        opening.prepare_on_mount(connection, facts)
        return connection

    def ensure_connection(self) -> None:
        if self.connection is not None and self._node is not None and not self._is_ours(self._node.facts()):
            broken = self._pid == os.getpid() and self.connection.in_transaction
            if not self.in_atomic_block:
                self._drop()
            if self.in_atomic_block or broken:  # what follows must not run outside its transaction
                raise self._errors.mount_lost()
        super().ensure_connection()

    def _is_ours(self, facts: Facts) -> bool:
        """Is the open connection one of this process, on the mount that is there now?"""
        return facts.mount_alive and facts.mount_device == self._device and self._pid == os.getpid()

    def _is_lost(self) -> bool:
        return self._node is not None and not self._is_ours(self._node.verified_facts())

    def _drop(self) -> None:
        """Forgets the connection without touching its file: closing one of a dead mount can stall for seconds."""
        _core.leak(self.connection)
        self.connection = None

    def _close(self) -> None:
        if self.connection is not None and self._is_lost():
            _core.leak(self.connection)
            return
        super()._close()  # type: ignore[misc]

    # Transactions

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)  # type: ignore[misc]
        if not autocommit and not is_in_memory(self.settings_dict["NAME"]):
            self.connection.isolation_level = "IMMEDIATE"

    def _start_transaction_under_autocommit(self) -> None:
        if is_in_memory(self.settings_dict["NAME"]):
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
            return
        cursor = self.cursor()
        deferred = consistency.begin_deferred() or not self._judge().writable
        cursor.execute("BEGIN" if deferred else f"BEGIN {self.transaction_mode or 'IMMEDIATE'}")

    def _commit(self) -> None:
        connection = self.connection
        if connection is None or self._node is None or not connection.in_transaction:
            super()._commit()  # type: ignore[misc]
            return
        with debug_transaction(self, "COMMIT"), self.wrap_database_errors:
            self._commit_proven(connection.commit)

    def _rollback(self) -> None:
        if self.connection is not None and self._is_lost():
            _core.leak(self.connection)
            self.closed_in_transaction = True  # Django forgets the connection when the atomic block ends
            return
        super()._rollback()  # type: ignore[misc]

    def prepare_database(self) -> None:
        """Called by migrate before anything else: a replica must not even try."""
        super().prepare_database()
        self.ensure_connection()
        if self._node is not None and not self._judge().writable:
            raise self._errors.not_primary(
                hint="Migrations run on the primary; 'manage.py litefs_start' sees to it."
            )

    # Statements

    def create_cursor(self, name: str | None = None) -> Any:
        if self._node is None:
            return super().create_cursor(name)
        return self.connection.cursor(factory=cursor_factory(self))

    def run(self, cursor: LitefsCursor, sql: str, call: Callable[[], Any], params: Any = None) -> Any:
        """One statement of a cluster's database."""
        connection = cursor.connection
        inside = connection.in_transaction
        self._refuse_if_lost() if inside else self._judge()
        kind = self._kind(cursor, sql, params)
        if kind is Kind.COMMIT and inside:
            return self._commit_proven(call)
        alone = not inside and kind.writes and self._facts.writable
        if not alone:
            self._wrote_other |= kind is Kind.OTHER and inside
            return self._guarded(call)
        self._guarded(lambda: connection.execute("BEGIN IMMEDIATE"))
        self._wrote_other = kind is Kind.OTHER
        if connection.isolation_level is not None:  # autocommit is off: the transaction stays open
            return self._guarded(call)
        try:
            result = self._guarded(call)
            self._guarded(cursor.fetch_before_commit)
            self._commit_proven(connection.commit)
        except BaseException:
            if self._is_lost():
                self._drop()
            elif connection.in_transaction:
                connection.rollback()
            raise
        return result

    def run_script(self, call: Callable[[], Any]) -> Any:
        """executescript() commits what is open, then does as it likes: proven as one unit."""
        if not self._judge().writable:
            return self._guarded(call)
        self._wrote_other = True
        return self._commit_proven(call)

    def fetch(self, call: Callable[[], T]) -> T:
        """Rows are read from the mount while they are fetched: errors there are ours as well."""
        result: T = self._guarded(call)
        return result

    def _kind(self, cursor: LitefsCursor, sql: str, params: Any) -> Kind:
        try:
            kind = self._kinds.of(sql, lambda: self._watched(lambda: cursor.explain(sql, params)))
        except sqlite3.Error:
            return Kind.OTHER  # the statement itself will tell what is wrong
        if kind is Kind.BARE and (pragma := forbidden_pragma(sql)):
            raise JournalModeError(
                f"PRAGMA {pragma} refused: it would stop LiteFS on every replica.",
                role=self._facts.role,
                database=self._database,
                hint="LiteFS databases stay in WAL mode.",
            )
        return kind

    def _judge(self) -> Facts:
        """Role and mount for what begins now: a replica's connection refuses every write at once."""
        if self._node is None:
            return SINGLE
        facts = self._node.facts()
        if not self._is_ours(facts):
            raise self._errors.mount_lost()
        if self._query_only == facts.writable:
            self.connection.execute(f"PRAGMA query_only = {int(not facts.writable)}")
            self._query_only = not facts.writable
        self._facts = facts
        self._changes = self.connection.total_changes
        self._wrote_other = False
        return facts

    def _refuse_if_lost(self) -> None:
        if self._node is not None and not self._is_ours(self._node.facts()):
            raise self._errors.mount_lost()

    def _guarded(self, call: Callable[[], Any]) -> Any:
        try:
            return self._watched(call)
        except sqlite3.Error as error:
            raise self._errors.translate(error, self._device, query_only=self._query_only) from error

    def _watched(self, call: Callable[[], T]) -> T:
        return call() if self._node is None else self._node.watched(self._device, call)

    def _commit_proven(self, commit: Callable[[], Any]) -> Any:
        result: list[Any] = []
        if self._node is None or not self._facts.writable or not self._may_have_written():
            return self._guarded(commit)
        self._refuse_if_lost()
        try:
            position = commit_and_prove(
                self._node, self._facts, self._database, lambda: result.append(self._watched(commit))
            )
        except sqlite3.Error as error:
            raise self._errors.commit_failed(error, self._device) from error
        except _core.MountError as error:
            raise self._errors.mount_lost() from error
        except UnprovenError as error:
            raise self._errors.commit_lost(str(error)) from error
        context = consistency.current()
        if position is not None and context is not None:
            context.written[self._database] = position
        return result[0]

    def _may_have_written(self) -> bool:
        changed: bool = self.connection.total_changes != self._changes
        return changed or self._wrote_other


class DatabaseWrapper(LitefsWrapperMixin):
    """The ENGINE."""
