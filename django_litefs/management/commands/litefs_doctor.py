"""manage.py litefs_doctor [--json]: looks at everything that keeps a node from working, and names the fix of each."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandParser

from django_litefs import doctor
from django_litefs.conf import effective
from django_litefs.doctor import cluster, host, site

CHECKS: tuple[doctor.Check, ...] = (
    site.system_checks,
    site.connections,
    site.journals,
    host.programs,
    host.fuse,
    host.folders,
    host.disk,
    host.ports,
    host.exposure,
    cluster.consul,
    cluster.nodes,
    cluster.write,
)
MARKS = {doctor.GOOD: "ok", doctor.WARNING: "warn", doctor.PROBLEM: "FAIL", doctor.UNKNOWN: "?"}


class Command(BaseCommand):
    help = "Checks this node and its surroundings. Exit code 0 good, 1 problems, 2 not all could be told."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, json: bool, **options: Any) -> None:
        found = examine()
        self.stdout.write(_as_json(found) if json else _as_text(found))
        if code := doctor.exit_code(found):
            sys.exit(code)


def examine() -> list[doctor.Finding]:
    try:
        s = effective()
    except ImproperlyConfigured as error:
        return [
            doctor.problem("settings", sentence, "docs/settings.md lists the keys.")
            for sentence in str(error).splitlines()
        ]
    return [finding for check in CHECKS for finding in check(s)]


def _as_json(found: list[doctor.Finding]) -> str:
    return json.dumps([dataclasses.asdict(finding) for finding in found], indent=2)


def _as_text(found: list[doctor.Finding]) -> str:
    width = max(len(finding.check) for finding in found)
    lines = []
    for finding in found:
        lines.append(f"{MARKS[finding.state]:<4}  {finding.check:<{width}}  {finding.what}")
        if finding.fix:
            lines.append(f"{'':<4}  {'':<{width}}  -> {finding.fix}")
    return "\n".join(lines)
