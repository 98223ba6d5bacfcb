"""manage.py litefs_migrate, before each start: migrates on the primary; elsewhere waits until nothing is pending."""

from __future__ import annotations

import os
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
from django_litefs.exceptions import MountLostError, NotPrimaryError
from django_litefs.health import node_facts

PAUSE_S = 0.25


class Command(BaseCommand):
    help = "Runs migrate on the primary (or a single node); on other nodes waits for it, at most MIGRATE_TIMEOUT."
    requires_system_checks = ()

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
            if pending := _pending(alias):
                return f"database {alias!r} waits for the primary to apply {pending}."
        return ""

    def _refuse_an_empty_site(self) -> None:
        """The cluster has no database yet: it is about to get an empty one."""
        s = effective()
        if not s.cluster or os.path.exists(os.path.join(s.mount_path, s.database_name)):
            return
        for plain in start.plain_databases(s):
            raise CommandError(start.empty_site(plain))


def _pending(alias: str) -> str:
    connection = connections[alias]
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except NotPrimaryError:
        raise
    except OperationalError as error:
        return f"its first migration ({error})"
    if not plan:
        return ""
    first = plan[0][0]
    return f"{first.app_label}.{first.name}" + (f" and {len(plan) - 1} more" if len(plan) > 1 else "")
