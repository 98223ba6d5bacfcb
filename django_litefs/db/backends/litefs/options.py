"""Django's sqlite3 wrapper with the two OPTIONS that it knows since 5.1, for Django 5.0 as well."""

from __future__ import annotations

import sqlite3
from typing import Any

import django
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.sqlite3 import base as sqlite3_base

TRANSACTION_MODES = ("DEFERRED", "EXCLUSIVE", "IMMEDIATE")


class Sqlite3Wrapper(sqlite3_base.DatabaseWrapper):
    """`transaction_mode` and `init_command`, whatever the version."""

    if django.VERSION < (5, 1):
        transaction_mode: str | None = None
        init_commands: tuple[str, ...] = ()

        def get_connection_params(self) -> dict[str, Any]:
            params: dict[str, Any] = super().get_connection_params()
            self.transaction_mode = self._valid_mode(params.pop("transaction_mode", None))
            self.init_commands = tuple((params.pop("init_command", "") or "").split(";"))
            return params

        def get_new_connection(self, conn_params: dict[str, Any]) -> sqlite3.Connection:
            connection: sqlite3.Connection = super().get_new_connection(conn_params)
            for command in filter(None, map(str.strip, self.init_commands)):
                connection.execute(command)
            return connection

        def _valid_mode(self, mode: str | None) -> str | None:
            if mode is None or mode.upper() in TRANSACTION_MODES:
                return mode and mode.upper()
            raise ImproperlyConfigured(
                f"settings.DATABASES[{self.alias!r}]['OPTIONS']['transaction_mode'] is improperly configured to "
                f"{mode!r}. Use one of {', '.join(map(repr, TRANSACTION_MODES))}, or None."
            )
