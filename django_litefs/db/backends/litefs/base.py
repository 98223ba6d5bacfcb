"""Django's sqlite3 backend on LiteFS: role-aware transactions, proven commits, connections that notice a new mount.

`LitefsWrapperMixin` can be put over any subclass of Django's sqlite3 wrapper (spatialite, django-prometheus). In a
cluster it judges by the node page (or the mount) at each BEGIN and each autocommit statement; on a single node only the
begin mode, the journal and the durability differ from Django's own backend, in memory nothing does.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.sqlite3 import base as sqlite3_base
from django.db.backends.utils import debug_transaction

from django_litefs import _core, consistency
from django_litefs.db.backends.litefs import replica_writes, scripts
from django_litefs.db.backends.litefs.client import DatabaseClient
from django_litefs.db.backends.litefs.creation import DatabaseCreation
from django_litefs.db.backends.litefs.cursor import LitefsCursor
from django_litefs.db.backends.litefs.errors import is_busy_protocol
from django_litefs.db.backends.litefs.features import DatabaseFeatures
from django_litefs.db.backends.litefs.halting import HaltingWrapper
from django_litefs.db.backends.litefs.names import is_in_memory
from django_litefs.db.backends.litefs.parts import combine_parts
from django_litefs.db.backends.litefs.proof import UnprovenError, commit_and_prove
from django_litefs.db.backends.litefs.statements import Kind, Kinds, forbidden_pragma
from django_litefs.exceptions import JournalModeError
from django_litefs.node import SINGLE, Facts

T = TypeVar("T")


class LitefsWrapperMixin(HaltingWrapper):
    """See the module. State that starts with an underscore belongs to the open connection."""

    client_class = DatabaseClient
    creation_class = DatabaseCreation
    features_class = DatabaseFeatures

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        combine_parts(cls, LitefsWrapperMixin)

    def __init__(self, settings_dict: dict[str, Any], alias: str = "default") -> None:
        super().__init__(settings_dict, alias)
        self._changes = 0  # total_changes when the transaction began
        self._wrote_other = False
        self._kinds = Kinds()
        made_by = getattr(super().create_cursor, "__func__", None)
        # No other mixin makes cursors of its own.
        self._cursors_are_ours = made_by is sqlite3_base.DatabaseWrapper.create_cursor

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
        deferred = consistency.begin_deferred() or not self._may_write(self._judge())
        cursor.execute("BEGIN" if deferred else f"BEGIN {self.transaction_mode or 'IMMEDIATE'}")

    def _commit(self) -> None:
        connection = self.connection
        if connection is None or self._node is None or not connection.in_transaction:
            super()._commit()  # type: ignore[misc]
        else:
            with debug_transaction(self, "COMMIT"), self.wrap_database_errors:
                self._commit_proven(connection.commit)
            self._end_own_halt()
        self._read_ends()

    def _rollback(self) -> None:
        if self.connection is not None and self._is_lost():
            _core.leak(self.connection)
            self.closed_in_transaction = True  # Django forgets the connection when the atomic block ends
        else:
            super()._rollback()  # type: ignore[misc]
        self._read_ends()
        self._end_own_halt()

    def prepare_database(self) -> None:
        """Called by migrate before anything else: a replica must not even try."""
        if replica_writes.mode("") == replica_writes.READ_ONLY:
            return
        super().prepare_database()
        self.ensure_connection()
        if self._node is not None and not self._judge().writable and not self._halts_by_itself():
            raise self._errors.not_primary(
                hint="Migrations run on the primary: 'manage.py litefs_start' sees to it. By hand, run it there, or "
                "'manage.py migrate --halt' here."
            )

    # Statements

    @property
    def CURSOR_CLASS(self) -> type[sqlite3_base.SQLiteCursorWrapper]:  # noqa: N802
        """What other mixins, such as django-prometheus's, derive their cursors from."""
        return sqlite3_base.SQLiteCursorWrapper if self._node is None else LitefsCursor

    def create_cursor(self, name: str | None = None) -> Any:
        if self._node is None:
            return super().create_cursor(name)
        if self._cursors_are_ours:
            return self.connection.cursor(factory=LitefsCursor)
        cursor = super().create_cursor(name)
        if not isinstance(cursor, LitefsCursor):
            raise ImproperlyConfigured(
                f"{type(self).__qualname__}: a class below LitefsWrapperMixin makes cursors of its own, "
                f"{type(cursor).__qualname__}: derive them from self.CURSOR_CLASS."
            )
        return cursor

    def run(self, cursor: LitefsCursor, sql: str, call: Callable[[], Any], params: Any = None) -> Any:
        """One statement of a cluster's database."""
        connection = cursor.connection
        self._reading.before(cursor, in_atomic_block=self.in_atomic_block)
        inside = connection.in_transaction
        self._refuse_if_lost() if inside else self._judge()
        kind = self._kind(cursor, sql, params)
        if kind is Kind.COMMIT and inside and self._facts.writable:
            return self._commit_proven(call)
        alone = not inside and kind.writes and self._may_write(self._facts)
        if not alone:
            self._wrote_other |= kind is Kind.OTHER and inside

            def guarded() -> Any:
                return self._guarded(call, sql, patient=kind in (Kind.READ, Kind.BEGIN))

            if self._facts.writable:
                return guarded()
            return self._reading.run(cursor, sql, kind, self._facts, guarded)
        return self._run_alone(cursor, sql, call, kind)

    def run_script(self, cursor: LitefsCursor, script: str) -> None:
        """executescript() commits what is open. Then one transaction, unless the script has its own."""
        connection = cursor.connection
        if connection.in_transaction:
            self._commit_proven(connection.commit)
            self._read_ends()
        statements = list(scripts.split(script))

        def execute_all() -> None:
            for statement in statements:
                cursor.execute(statement)

        isolation_level = connection.isolation_level
        if isolation_level is not None:
            connection.isolation_level = None
        try:
            if scripts.is_one_unit(statements) and self._may_write(self._judge()):
                self._run_alone(cursor, script, execute_all, Kind.OTHER)
            else:
                execute_all()
        finally:
            # Even None set anew would COMMIT, unproven, and on a dead mount fail with an error of its own.
            if isolation_level is not None and self.connection is connection:
                connection.isolation_level = isolation_level

    def fetch(self, cursor: LitefsCursor, call: Callable[[], T]) -> T:
        """Rows are read from the mount while they are fetched: errors there are ours as well."""
        result: T = self._reading.fetch(cursor, lambda: self._guarded(call))
        return result

    def rows_end(self, cursor: LitefsCursor) -> None:
        self._reading.rows_end(cursor)

    def _run_alone(self, cursor: LitefsCursor, sql: str, call: Callable[[], Any], kind: Kind) -> Any:
        """A write outside a transaction gets one, so that its commit can be proven."""
        connection = cursor.connection
        try:
            self._guarded(lambda: connection.execute("BEGIN IMMEDIATE"), sql, patient=True)
            self._wrote_other = kind is Kind.OTHER
            result = self._guarded(call, sql)
            if connection.isolation_level is not None:  # autocommit is off: the transaction stays open
                return result
            self._guarded(cursor.fetch_before_commit)
            self._commit_proven(connection.commit)
        except BaseException:
            if self._is_lost():
                self._drop()
            elif connection.in_transaction:
                connection.rollback()
            self._end_own_halt()
            raise
        self._end_own_halt()
        return result

    def _kind(self, cursor: LitefsCursor, sql: str, params: Any) -> Kind:
        known = self._kinds.known(sql)
        if known is not None and known is not Kind.BARE:
            return known
        try:
            kind = self._kinds.of(sql, lambda: self._watched(lambda: cursor.explain(sql, params)))
        except sqlite3.Error:
            return Kind.OTHER  # the statement itself will tell what is wrong
        if kind is Kind.BARE and (pragma := forbidden_pragma(sql)):
            raise JournalModeError(
                f"PRAGMA {pragma} refused: it would stop LiteFS on every replica.",
                role=self._facts.role,
                primary=self._facts.primary,
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
        facts = self._with_halt(facts)
        if self._query_only == facts.writable:
            self.connection.execute(f"PRAGMA query_only = {int(not facts.writable)}")
            self._query_only = not facts.writable
        self._facts = facts
        self._changes = self.connection.total_changes
        self._wrote_other = False
        return facts

    def _guarded(self, call: Callable[[], Any], sql: str = "", *, patient: bool = False) -> Any:
        """`patient`: nothing can have happened yet, so a lock that was not to be had is waited for again."""
        deadline = time.monotonic() + self._timeout if patient else 0.0
        while True:
            try:
                return self._watched(call)
            except sqlite3.Error as error:
                self._refuse_if_halt_is_over()
                if patient and is_busy_protocol(error) and time.monotonic() < deadline:
                    self._refuse_if_lost()
                    continue
                raise self._errors.translate(
                    error,
                    self._device,
                    query_only=self._query_only,
                    sql=sql,
                    deferred=self.connection.in_transaction and consistency.begin_deferred(),
                    halted=self._facts.halted,
                ) from error

    def _commit_proven(self, commit: Callable[[], Any]) -> Any:
        result: list[Any] = []
        if self._node is None or not self._facts.writable or not self._may_have_written():
            return self._guarded(commit)
        self._refuse_if_lost()
        try:
            with self._halt_for_commit():
                position = commit_and_prove(
                    self._node, self._facts, self._database, lambda: result.append(self._watched(commit))
                )
        except sqlite3.Error as error:
            raise self._errors.commit_failed(error, self._device, halted=self._facts.halted) from error
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
