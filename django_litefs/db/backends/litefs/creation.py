"""Test databases: cloned with what is still in the WAL, removed with their side files, never on a mount."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sqlite3

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.sqlite3 import creation

from django_litefs.conf import effective
from django_litefs.db.backends.litefs import anchors
from django_litefs.db.backends.litefs.names import database_file

SIDE_FILES = ("-wal", "-shm")


def of_django_itself() -> bool:
    """Is this a run of Django's own tests (bin/test-django)? They alone may use a mount."""
    return os.environ.get("RUNNING_DJANGOS_TEST_SUITE") == "true"


class DatabaseCreation(creation.DatabaseCreation):
    def test_db_signature(self) -> tuple[str, ...]:  # type: ignore[override]
        """By the name as it was given, like Django's."""
        given = self.connection.settings_dict["TEST"]["NAME"] or ":memory:"
        own = self.connection.alias if self.is_in_memory_db(given) else given
        return (self.connection.settings_dict["NAME"], own)

    def _get_test_db_name(self) -> str:
        name = super()._get_test_db_name()  # type: ignore[misc]
        if self.is_in_memory_db(name):
            return str(name)
        return database_file(name, self.connection.alias, effective())

    def _create_test_db(self, verbosity: int, autoclobber: bool, keepdb: bool = False) -> str:
        name = self._get_test_db_name()
        if effective().cluster and not self.is_in_memory_db(name) and not of_django_itself():
            raise ImproperlyConfigured(
                f"DATABASES[{self.connection.alias!r}]['TEST']['NAME'] would be {name!r}, on the mount: leave it out "
                "for a database in memory, or set LITEFS['ENABLED'] = False for tests."
            )
        super()._create_test_db(verbosity, autoclobber, keepdb)  # type: ignore[misc]
        if not keepdb and not self.is_in_memory_db(name):
            _remove_side_files(name)
        return name

    def _clone_test_db(self, suffix: str, verbosity: int, keepdb: bool = False) -> None:
        source = self.connection.settings_dict["NAME"]
        if self.is_in_memory_db(source):
            super()._clone_test_db(suffix, verbosity, keepdb)  # type: ignore[misc]
            return
        target = str(self.get_test_db_clone_settings(suffix)["NAME"])
        if os.path.exists(target):
            if keepdb:
                return
            self._destroy_test_db(target, verbosity)
        self.connection.ensure_connection()
        with contextlib.closing(sqlite3.connect(target)) as copy:
            self.connection.connection.backup(copy)

    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        if test_database_name and not self.is_in_memory_db(test_database_name):
            anchors.release(test_database_name)
            os.remove(test_database_name)
            _remove_side_files(test_database_name)

    def setup_worker_connection(self, _worker_id: int) -> None:
        if self.is_in_memory_db(self.connection.settings_dict["NAME"]):
            super().setup_worker_connection(_worker_id)
            return
        # In place: new threads make their connections from the same dict.
        self.connection.settings_dict.update(self.get_test_db_clone_settings(str(_worker_id)))
        self.connection.close()
        if of_django_itself() and multiprocessing.get_start_method() != "fork":
            self.mark_expected_failures_and_skips()


def _remove_side_files(path: str) -> None:
    for suffix in SIDE_FILES:
        with contextlib.suppress(FileNotFoundError):
            os.remove(path + suffix)
