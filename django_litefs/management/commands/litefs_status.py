"""manage.py litefs_status [--json]: what this node is and how it is."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from django_litefs import health

GOOD, PROBLEMS, CANNOT_TELL = 0, 1, 2


class Command(BaseCommand):
    help = (
        "Shows role, primary, positions and health of this node. Exit code 0 good, 1 problems, 2 cannot tell."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, json: bool, **options: Any) -> None:
        try:
            found = health.status()
        except ImproperlyConfigured as error:
            raise CommandError(str(error), returncode=PROBLEMS) from None
        self.stdout.write(_as_json(found) if json else _as_text(found))
        proxy = found["proxy"]
        if proxy is None:
            sys.exit(CANNOT_TELL if found["mount_alive"] else PROBLEMS)
        if not proxy["healthy"] or not found["mount_alive"]:
            sys.exit(PROBLEMS)


def _as_json(found: dict[str, Any]) -> str:
    return json.dumps(found, indent=2)


def _as_text(found: dict[str, Any]) -> str:
    proxy = found["proxy"]
    rows = [
        ("node", found["hostname"] or "single (no LiteFS)"),
        ("role", found["role"]),
        ("primary", found["primary"] or "-"),
        (
            "mount",
            f"{found['mount']} ({'alive' if found['mount_alive'] else 'DEAD'})" if found["mount"] else "-",
        ),
        ("folder", found["folder"]),
        *((f"database {name}", position or "-") for name, position in found["databases"].items()),
        (
            "litefs-proxy",
            "not answering" if proxy is None else "healthy" if proxy["healthy"] else "not healthy",
        ),
    ]
    if found["reading"]:
        oldest = found["reading"][0]
        rows.append(("oldest read", f"process {oldest['pid']}, for {oldest['seconds']:.1f} s"))
    if proxy is not None:
        rows += [
            (key.replace("_", " "), str(proxy[key]))
            for key in ("lag_ms", "target", "draining")
            if key in proxy
        ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)
