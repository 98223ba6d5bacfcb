"""manage.py litefs_run --on-primary COMMAND …: a management command where its writes work.

On the primary it simply runs. On a replica it runs here, and each of its transactions borrows the right to write by
LiteFS's HALT lock, for 25 s at most. In a crontab that is the same on every node, --only-on-primary runs it once.
"""

from __future__ import annotations

import time
from argparse import REMAINDER
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import ManagementUtility
from django.core.management.base import BaseCommand, CommandError, CommandParser

from django_litefs import health
from django_litefs.db.backends.litefs.replica_writes import HALT, replica_writes
from django_litefs.node import Facts

WAIT_S = 30.0
PAUSE_S = 0.1


class Command(BaseCommand):
    help = "Runs a management command where writes work."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument(
            "--on-primary",
            action="store_true",
            help="here on the primary; on a replica each transaction takes the HALT lock",
        )
        where.add_argument(
            "--only-on-primary",
            action="store_true",
            help="on the primary; on every other node nothing runs, and the exit code is 0",
        )
        parser.add_argument(
            "--wait", type=float, default=WAIT_S, metavar="SECONDS", help="for a primary (default 30)"
        )
        parser.add_argument("command", nargs=REMAINDER, metavar="COMMAND …")

    def handle(self, *args: Any, command: list[str], wait: float, **options: Any) -> None:
        words = command[1:] if command[:1] == ["--"] else command
        if not words:
            raise CommandError("Which command? e.g. manage.py litefs_run --on-primary clearsessions")
        try:
            facts = _facts_with_a_primary(wait)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        if facts.frozen:
            raise CommandError(
                "The cluster is under maintenance: 'manage.py litefs_maintenance off' ends it."
            )
        if facts.writable:
            _run(words)
        elif options["only_on_primary"]:
            self.stdout.write(f"not run: {facts.primary} is the primary")
        else:
            with replica_writes(HALT):
                _run(words)


def _facts_with_a_primary(seconds: float) -> Facts:
    deadline = time.monotonic() + seconds
    while True:
        facts = health.node_facts()
        if facts.frozen or facts.writable or (facts.role == "replica" and facts.mount_alive):
            return facts
        if time.monotonic() > deadline:
            raise CommandError(f"No primary is known within {seconds:g} s: see 'manage.py litefs_status'.")
        time.sleep(PAUSE_S)


def _run(words: list[str]) -> None:
    """As from the shell: with its own checks, and its own exit code."""
    utility = ManagementUtility(["manage.py", *words])
    utility.fetch_command(words[0]).run_from_argv(["manage.py", *words])
