"""manage.py litefs_import FILE [--replace]: a SQLite file becomes the cluster's database, on every node."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from django_litefs import _core, control, copying, importing, progress
from django_litefs.conf import effective, this_node
from django_litefs.management.commands.litefs_export import export
from django_litefs.node import Node
from django_litefs.settings import Settings

TIMEOUT_S = 120.0
FROZEN_S = 3600.0
VISIBLE_WITHIN_S = 30.0
BACKUPS = "backups"
SHOWN_TABLES = 3


class Command(BaseCommand):
    help = "Puts a checked copy of FILE in the place of a database, on the primary, and waits for all nodes."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--database", default="", help="its file on the mount (default DATABASE_NAME)")
        parser.add_argument(
            "--replace", action="store_true", help="a database that holds data: it is exported first"
        )
        parser.add_argument(
            "--once", action="store_true", help="what litefs_start --import runs before the app"
        )
        parser.add_argument("--timeout", type=float, default=TIMEOUT_S, help="seconds to wait for all nodes")

    def handle(
        self,
        *args: Any,
        file: str,
        database: str,
        replace: bool,
        once: bool,
        timeout: float,
        **options: Any,
    ) -> None:
        try:
            s, node = effective(), this_node()
            name = database or s.database_name
            if node is None:
                raise CommandError(
                    "This is a single node: stop the site and copy the file to "
                    f"{os.path.join(s.database_folder, name)}."
                )
            if once and self._is_done(s, node, file, name):
                return
            self._require_primary(node)
            self._import(s, node, file, name, replace=replace, timeout=0.0 if once else timeout)
            if once:
                importing.remember(s, file)
        except (copying.CopyError, control.ControlError, ImproperlyConfigured, _core.MountError) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{error.filename or file}: {error.strerror}") from None

    def _is_done(self, s: Settings, node: Node, file: str, database: str) -> bool:
        if node.facts(fresh=True).role == "replica":
            self.stdout.write(f"{file} is not imported here: the primary holds the cluster's database.")
            return True
        if importing.was_imported(s, file) and os.path.exists(os.path.join(s.mount_path, database)):
            self.stdout.write(f"{file} was imported before.")
            return True
        return False

    def _require_primary(self, node: Node) -> None:
        facts = node.facts(fresh=True)
        if facts.role == "primary" and facts.mount_alive:
            return
        if facts.primary and facts.mount_alive:
            raise CommandError(
                f"This node is {facts.role}: run it on {facts.primary}, the primary, or make this node it with "
                "'litefs_primary --promote'."
            )
        raise CommandError("This node knows no primary: is 'manage.py litefs_start' running?")

    def _import(
        self, s: Settings, node: Node, file: str, database: str, *, replace: bool, timeout: float
    ) -> None:
        path = os.path.join(s.mount_path, database)
        held = importing.rows_of_somebody(path)
        if held and not replace:
            raise CommandError(_refusal(file, database, held))
        began = time.monotonic()
        with (
            progress.shown(f"reading {file}", sys.stderr) as reading,
            importing.prepared(s, file, database, reading) as new,
            self._frozen(),
        ):
            if held:
                self.stdout.write(self._export_first(s, database))
            before = importing.position(node, database)
            with progress.shown(f"importing {database}", sys.stderr) as importing_it:
                importing.give(s, database, new, importing_it)
            now = importing.wait_for_change(node, database, before, VISIBLE_WITHIN_S)
            if copying.count_rows(path) != new.rows:
                raise CommandError(f"{database} has other rows than {file} after the import: somebody wrote.")
            late = importing.wait_for_all(database, now, timeout) if timeout else []
        self.stdout.write(
            f"imported {file} as {database} at position {now}: {len(new.rows)} tables, "
            f"{sum(new.rows.values())} rows, in {time.monotonic() - began:.1f} s"
        )
        if late:
            raise CommandError(f"Not on {', '.join(late)} within {timeout:g} s: see 'litefs_status'.")

    @contextmanager
    def _frozen(self) -> Iterator[None]:
        """No write starts meanwhile."""
        done = control.maintain(FROZEN_S)
        try:
            if not done.get("drained", True):
                raise CommandError(f"Nothing was changed: {done['running']}.")
            yield
        finally:
            control.maintain(done["before_ms"] / 1000)

    def _export_first(self, s: Settings, database: str) -> str:
        folder = os.path.join(s.data_path, BACKUPS)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        file = os.path.join(folder, f"{database}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
        return f"{export(database, file, sys.stderr)}: {file}"


def _refusal(file: str, database: str, held: dict[str, int]) -> str:
    most = sorted(held, key=lambda name: -held[name])[:SHOWN_TABLES]
    tables = ", ".join(f"{name}: {held[name]} rows" for name in most)
    return (
        f"{database} holds data ({tables}): 'litefs_import {file} --replace' exports it, then puts the file in its "
        "place."
    )
