"""Django's migrate. On a replica it refuses, unless it only looks (--check, --plan) or takes the HALT lock (--halt)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate

from django_litefs.db.backends.litefs.replica_writes import HALT, READ_ONLY, replica_writes


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--halt",
            action="store_true",
            help="on a replica: LiteFS keeps the primary from writing during each migration (25 s at most each)",
        )

    def handle(self, *args: Any, halt: bool = False, **options: Any) -> None:
        mode = READ_ONLY if options["plan"] or options["check_unapplied"] else HALT if halt else ""
        with replica_writes(mode):
            super().handle(*args, **options)
