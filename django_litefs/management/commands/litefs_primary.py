"""manage.py litefs_primary [--check | --promote]: who is primary; make this node it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from django_litefs import config, health, process
from django_litefs.conf import effective

PRIMARY, REPLICA, UNKNOWN = 0, 1, 2
PROMOTE_TIMEOUT_S = 30


class Command(BaseCommand):
    help = "Prints the primary's hostname. With --check: exit code 0 here, 1 elsewhere, 2 unknown."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--check", action="store_true", help="print nothing, answer by exit code")
        which.add_argument(
            "--promote", action="store_true", help="planned handoff: this node becomes the primary"
        )

    def handle(self, *args: Any, check: bool, promote: bool, **options: Any) -> None:
        try:
            s, facts = effective(), health.node_facts()
            if promote:
                self._promote()
                return
        except (ImproperlyConfigured, process.ExecutableNotFoundError) as error:
            raise CommandError(str(error), returncode=UNKNOWN) from None
        if check:
            sys.exit(PRIMARY if facts.writable else REPLICA if facts.role == "replica" else UNKNOWN)
        primary = s.hostname if facts.role == "primary" else facts.primary
        if facts.role == "single":
            self.stdout.write("single node: no LiteFS")
        elif primary:
            self.stdout.write(primary)
        else:
            raise CommandError("No primary is known.", returncode=UNKNOWN)

    def _promote(self) -> None:
        s = effective()
        if not s.cluster:
            raise CommandError("This is a single node: there is nothing to promote.")
        proxy = process.find_executable("litefs-proxy", s.binary_path)
        command = [proxy, "promote", "--socket", config.socket_path(s)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PROMOTE_TIMEOUT_S, check=False)
        if done.returncode != 0:
            raise CommandError(
                (done.stderr or done.stdout).strip() or "litefs-proxy could not promote this node."
            )
        self.stdout.write(done.stdout.strip())
