"""Connections to a database of the mount: opened on a live one only, dropped when it is another one than before."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django_litefs import _core
from django_litefs.conf import effective, this_node
from django_litefs.db.backends.litefs import anchors, opening
from django_litefs.db.backends.litefs.cursor import LitefsConnection, connection_class
from django_litefs.db.backends.litefs.errors import Translator
from django_litefs.db.backends.litefs.names import database_file, is_in_memory
from django_litefs.db.backends.litefs.options import Sqlite3Wrapper
from django_litefs.db.backends.litefs.reading import Reading, limits
from django_litefs.db.backends.litefs.replica_writes import take_option
from django_litefs.node import SINGLE, Facts, Node

T = TypeVar("T")
BUSY_TIMEOUT_S = 10.0


class MountedWrapper(Sqlite3Wrapper):
    """See the module. State that starts with an underscore belongs to the open connection."""

    _reading: Reading  # with a node only

    def __init__(self, settings_dict: dict[str, Any], alias: str = "default") -> None:
        super().__init__(settings_dict, alias)
        self._node: Node | None = None
        self._database = ""
        self._errors = Translator("", None)
        self._facts: Facts = SINGLE  # as of the running transaction, or of the last statement outside one
        self._device = 0
        self._pid = 0
        self._found_ours: Facts | None = None
        self._query_only = False
        self._timeout = BUSY_TIMEOUT_S
        self._replica_writes = ""

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        self._replica_writes = take_option(params, self.alias)
        self._node = None
        if not is_in_memory(self.settings_dict["NAME"]):
            params["database"] = database_file(self.settings_dict["NAME"], self.alias, effective())
            self._timeout = params.setdefault("timeout", BUSY_TIMEOUT_S)
            self._node = this_node()
            self._database = os.path.basename(params["database"])
            if self._node is not None:
                self._reading = Reading(self._node, self._database, limits())
        self._errors = Translator(self._database, self._node)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> sqlite3.Connection:
        self._pid = os.getpid()
        self._found_ours = None
        self._query_only = False
        if self._node is None:
            connection: sqlite3.Connection = super().get_new_connection(conn_params)
            if not is_in_memory(conn_params["database"]):
                opening.prepare_plain(connection)
            return connection
        facts = self._node.facts()
        uri = opening.find_on_mount(self._node, facts, conn_params["database"], self._errors)
        self._facts, self._device = facts, facts.mount_device
        _core.survive_loss(self._node.mount, self._device)
        try:
            return self._watched(lambda: self._open(conn_params, uri, facts))
        except sqlite3.Error as error:
            raise self._errors.translate(error, self._device, query_only=not facts.writable) from error

    def _open(self, conn_params: dict[str, Any], uri: str, facts: Facts) -> sqlite3.Connection:
        factory = connection_class(conn_params.get("factory", sqlite3.Connection))
        made = super().get_new_connection({**conn_params, "database": uri, "factory": factory})
        connection = cast(LitefsConnection, made)
        connection.belongs_to(self)  # type: ignore[arg-type]  # the whole of it is a LitefsWrapperMixin
        opening.prepare_on_mount(connection, facts)
        anchors.hold(
            conn_params["database"], facts.mount_device, uri
        )  # in WAL mode now, else it would map nothing
        return connection

    def ensure_connection(self) -> None:
        if self.connection is not None:  # for each statement: the least that is enough
            if self._node is None or self._is_ours(self._node.facts()):
                return
            broken = self._pid == os.getpid() and self.connection.in_transaction
            if not self.in_atomic_block:
                self._drop()
            if self.in_atomic_block or broken:  # what follows must not run outside its transaction
                raise self._errors.mount_lost()
        super().ensure_connection()

    def _is_ours(self, facts: Facts) -> bool:
        """Is the open connection one of this process, on the mount that is there now?"""
        if facts is self._found_ours:  # of the same node, mount and process: see Node.facts()
            return True
        ours = facts.mount_alive and facts.mount_device == self._device and self._pid == os.getpid()
        if ours:
            self._found_ours = facts
        return ours

    def _is_lost(self) -> bool:
        return self._node is not None and not self._is_ours(self._node.verified_facts())

    def _refuse_if_lost(self) -> None:
        if self._node is not None and not self._is_ours(self._node.facts()):
            raise self._errors.mount_lost()

    def _drop(self) -> None:
        """Forgets the connection without touching its file: closing one of a dead mount can stall for seconds."""
        _core.leak(self.connection)
        self.connection = None
        self._read_ends()

    def _close(self) -> None:
        self._read_ends()
        if self.connection is not None and self._is_lost():
            _core.leak(self.connection)
            return
        super()._close()  # type: ignore[misc]

    def _read_ends(self) -> None:
        if self._node is not None:
            self._reading.transaction_ends()

    def _watched(self, call: Callable[[], T]) -> T:
        return call() if self._node is None else self._node.watched(self._device, call)
