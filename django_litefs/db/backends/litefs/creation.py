"""Test databases: cloned with what is still in the WAL, removed with their side files."""

from __future__ import annotations

import contextlib
import os
import sqlite3

from django.db.backends.sqlite3 import creation

from django_litefs.conf import effective
from django_litefs.db.backends.litefs.names import database_file

SIDE_FILES = ("-wal", "-shm")


class DatabaseCreation(creation.DatabaseCreation):
    def _get_test_db_name(self) -> str:
        name = super()._get_test_db_name()  # type: ignore[misc]
        if self.is_in_memory_db(name):
            return str(name)
        return database_file(name, self.connection.alias, effective())

    def _clone_test_db(self, suffix: str, verbosity: int, keepdb: bool = False) -> None:
        source = self.connection.settings_dict["NAME"]
        if self.is_in_memory_db(source):
            super()._clone_test_db(suffix, verbosity, keepdb)  # type: ignore[misc]
            return
        target = str(self.get_test_db_clone_settings(suffix)["NAME"])
        if os.path.exists(target):
            if keepdb:
                return
            _remove(target)
        self.connection.ensure_connection()
        with contextlib.closing(sqlite3.connect(target)) as copy:
            self.connection.connection.backup(copy)

    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        if test_database_name and not self.is_in_memory_db(test_database_name):
            _remove(test_database_name)


def _remove(path: str) -> None:
    os.remove(path)
    for suffix in SIDE_FILES:
        with contextlib.suppress(FileNotFoundError):
            os.remove(path + suffix)
