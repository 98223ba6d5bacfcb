"""manage.py litefs_maintenance on [--for 1h] | off | status: no write starts in the whole cluster."""

from __future__ import annotations

import sys
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from django_litefs import _core, control

ON, OFF, CANNOT_TELL = 0, 1, 2
LONGEST_S = 24 * 3600


class Command(BaseCommand):
    help = (
        "Freezes writes in the whole cluster: requests that write get 503 with litefs-not-executed: maintenance, "
        "writes elsewhere an error; reads go on. Ends by itself. status: exit code 0 on, 1 off, 2 cannot tell."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=("on", "off", "status"))
        parser.add_argument(
            "--for",
            dest="duration",
            default="1h",
            help="on: ends by itself after so long, such as 30m (default 1h, at most 24h)",
        )

    def handle(self, *args: Any, what: str, duration: str, **options: Any) -> None:
        try:
            if what == "status":
                self._status()
            elif what == "on":
                self._turn_on(_seconds(duration))
            else:
                was_on = control.maintain(0)["before_ms"] > 0
                self.stdout.write("Maintenance is over: writes start again." if was_on else "It was not on.")
        except (control.ControlError, ImproperlyConfigured) as error:
            raise CommandError(str(error), returncode=CANNOT_TELL) from None

    def _turn_on(self, seconds: float) -> None:
        done = control.maintain(seconds)
        self.stdout.write(f"Maintenance is on: no write starts, for {done['left_ms'] / 1000:.0f} s.")
        if not done.get("drained", True):
            raise CommandError(f"It is on, but {done['running']}: run the same again.")

    def _status(self) -> None:
        found = control.cluster()
        left = found["maintenance_left_ms"]
        self.stdout.write(f"on, for {left / 1000:.0f} s more" if left else "off")
        if error := found.get("error"):
            raise CommandError(f"only this node's own view: {error}", returncode=CANNOT_TELL)
        sys.exit(ON if left else OFF)


def _seconds(text: str) -> float:
    try:
        seconds = _core.parse_duration(text)
    except ValueError as error:
        raise CommandError(f"--for {text!r} is {error}.") from None
    if not 0 < seconds <= LONGEST_S:
        raise CommandError(f"--for {text!r} must be more than nothing and at most 24h.")
    return float(seconds)
