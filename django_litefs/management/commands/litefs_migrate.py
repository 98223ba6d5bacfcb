"""manage.py litefs_migrate, before each start: migrates on the primary; elsewhere waits until nothing is pending.

Under litefs_start a candidate does not wait: it asks for the primary role, since nobody else may have its code.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connections
from django.db.migrations.executor import MigrationExecutor

from django_litefs import _core, start
from django_litefs.apps import ENGINE
from django_litefs.conf import effective
from django_litefs.config import MAY_ASK, WANTS_PRIMARY
from django_litefs.exceptions import MountLostError, NotPrimaryError
from django_litefs.health import node_facts

PAUSE_S = 0.25


class Command(BaseCommand):
    help = "Runs migrate on the primary (or a single node); on other nodes waits for it, at most MIGRATE_TIMEOUT."
    requires_system_checks = ()
    _seen = ""  # pending at the last look

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        try:
            timeout = _core.parse_duration(effective().migrate_timeout)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        deadline = time.monotonic() + timeout
        aliases = [alias for alias in connections if connections[alias].settings_dict["ENGINE"] == ENGINE]
        missing = "the first look"
        while True:
            try:
                missing = self._attempt(aliases, verbosity)
            except (NotPrimaryError, MountLostError) as error:
                missing = str(error)  # the role or the mount changed meanwhile: look again
            if not missing:
                return
            if time.monotonic() > deadline:
                raise CommandError(
                    f"Not migrated within MIGRATE_TIMEOUT ({effective().migrate_timeout}): {missing}"
                )
            time.sleep(PAUSE_S)

    def _attempt(self, aliases: list[str], verbosity: int) -> str:
        """What is missing still; '' when all is done."""
        if node_facts().writable:
            self._refuse_an_empty_site()
            for alias in aliases:
                call_command("migrate", database=alias, interactive=False, verbosity=verbosity)
            return ""
        for alias in aliases:
            pending, certain = _pending(alias)
            if not pending:
                continue
            if certain and pending == self._seen:  # at two looks: one alone may fall into a restart of LiteFS
                self._ask_for_the_role(pending)
            self._seen = pending
            return f"database {alias!r} waits for the primary to apply {pending}."
        return ""

    def _refuse_an_empty_site(self) -> None:
        """The cluster has no database yet: it is about to get an empty one."""
        s = effective()
        if not s.cluster or os.path.exists(os.path.join(s.mount_path, s.database_name)):
            return
        for plain in start.plain_databases(s):
            raise CommandError(start.empty_site(plain))

    def _ask_for_the_role(self, pending: str) -> None:
        if os.environ.get(MAY_ASK) != "1" or node_facts().role != "replica":
            return
        call_command("check")  # code that cannot start must not become primary first
        self.stdout.write(f"{pending} is to be applied here: this node asks to be the primary.")
        sys.exit(WANTS_PRIMARY)


def _pending(alias: str) -> tuple[str, bool]:
    """What is to be applied, and whether the database itself says so."""
    connection = connections[alias]
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except NotPrimaryError:
        raise
    except OperationalError as error:
        return f"its first migration ({error})", False
    if not plan:
        return "", True
    first = plan[0][0]
    return f"{first.app_label}.{first.name}" + (f" and {len(plan) - 1} more" if len(plan) > 1 else ""), True
