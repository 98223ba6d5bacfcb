"""manage.py litefs_primary [--check] [--wait] | --promote [NODE] [--force]: who is primary; make a node it."""

from __future__ import annotations

import sys
import time
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from django_litefs import control, health
from django_litefs.conf import effective
from django_litefs.node import WRITABLE_ROLES

PRIMARY, REPLICA, UNKNOWN = 0, 1, 2
WAIT_S = 60.0
PAUSE_S = 0.1
THIS_NODE = ""


class Command(BaseCommand):
    help = "Prints the primary's hostname. With --check: exit code 0 this node, 1 another one, 2 unknown."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--check", action="store_true", help="print nothing, answer by exit code")
        which.add_argument(
            "--promote",
            nargs="?",
            const=THIS_NODE,
            metavar="NODE",
            help="planned handoff: this node, or the named one, becomes the primary",
        )
        parser.add_argument(
            "--wait",
            action="store_true",
            help="wait until there is a primary; with --check until it is this node",
        )
        parser.add_argument(
            "--timeout", type=float, default=WAIT_S, metavar="SECONDS", help="of --wait (default 60)"
        )
        parser.add_argument(
            "--force",
            action="store_true",
            help="with --promote, on a node that serves reads only after a start: lose what only others hold",
        )

    def handle(
        self,
        *args: Any,
        check: bool,
        promote: str | None,
        wait: bool,
        timeout: float,
        force: bool,
        **options: Any,
    ) -> None:
        if force and promote != THIS_NODE:
            raise CommandError("--force belongs to --promote, on the node itself.")
        try:
            if promote is not None:
                self._promote(promote, force)
                return
            code, primary = _look()
            deadline = time.monotonic() + timeout
            wanted = (PRIMARY,) if check else (PRIMARY, REPLICA)
            while wait and code not in wanted and time.monotonic() < deadline:
                time.sleep(PAUSE_S)
                code, primary = _look()
        except ImproperlyConfigured as error:
            raise CommandError(str(error), returncode=UNKNOWN) from None
        if check:
            sys.exit(code)
        if code == UNKNOWN:
            waited = f" within {timeout:g} s" if wait else ""
            raise CommandError(f"No primary is known{waited}.", returncode=UNKNOWN)
        self.stdout.write(primary)

    def _promote(self, node: str, force: bool) -> None:
        if not effective().cluster:
            raise CommandError("This is a single node: there is nothing to promote.")
        try:
            done = control.promote(node, force=force)
        except control.NotAnsweringError as error:
            raise CommandError(str(error), returncode=UNKNOWN) from None
        except control.ControlError as error:
            raise CommandError(f"Not promoted: {error}.") from None
        if force:
            self.stdout.write(f"{done['primary']} becomes the primary")
            return
        self.stdout.write(f"{done['primary']} is primary now; writes were held for {done['hold_ms']} ms")


def _look() -> tuple[int, str]:
    """The exit code of --check, and what to print."""
    facts = health.node_facts()
    if facts.role == "single":
        return PRIMARY, "single node: no LiteFS"
    if facts.role in WRITABLE_ROLES and facts.mount_alive:
        return PRIMARY, effective().hostname
    if facts.role == "replica" and facts.primary:
        return REPLICA, facts.primary
    return UNKNOWN, ""
