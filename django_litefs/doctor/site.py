"""The Django site: settings, middleware, connections, the databases' journal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from django.conf import settings as django_settings
from django.core import checks as django_checks

from django_litefs import checks
from django_litefs.apps import ENGINE
from django_litefs.conf import this_node
from django_litefs.doctor import Finding, good, problem, unknown, warning
from django_litefs.settings import Settings

JOURNAL_AT = 18  # two bytes of SQLite's header: 2 and 2 in WAL mode
WAL = b"\x02\x02"


def system_checks(_: Settings) -> Iterator[Finding]:
    """What 'manage.py check' says of django_litefs."""
    found = [
        message
        for check in (
            checks.check_settings,
            checks.check_databases,
            checks.check_middleware,
            checks.check_local_state,
        )
        for message in check()
    ]
    for message in found:
        serious = message.level >= django_checks.ERROR
        said = f"{message.msg} ({message.id})"
        fix = message.hint or "See docs/settings.md."
        yield problem("settings", said, fix) if serious else warning("settings", said, fix)
    if not found:
        yield good("settings", "LITEFS, DATABASES and MIDDLEWARE fit together")


def connections(_: Settings) -> Iterator[Finding]:
    for alias, database in django_settings.DATABASES.items():
        if database.get("ENGINE") != ENGINE:
            continue
        age: Any = database.get("CONN_MAX_AGE")
        if age is None or age > 0:
            yield good("connections", f"DATABASES[{alias!r}] keeps its connections")
        else:
            yield warning(
                "connections",
                f"DATABASES[{alias!r}]['CONN_MAX_AGE'] is {age}: each request opens the file anew, 5 ms on LiteFS.",
                "Remove CONN_MAX_AGE: None is the default of this backend.",
            )


def journals(s: Settings) -> Iterator[Finding]:
    """On LiteFS a database that leaves WAL mode stops every replica."""
    node = this_node()
    if node is None:
        return
    if not node.facts(fresh=True).mount_alive:
        yield unknown("journal", f"{s.mount_path} is not mounted.", "Start the node: manage.py litefs_start.")
        return
    for name in s.all_databases:
        path = os.path.join(s.mount_path, name)
        if not os.path.exists(path):
            yield unknown("journal", f"{name} does not exist yet.", "The primary's migrations create it.")
            continue
        with open(path, "rb") as file:
            file.seek(JOURNAL_AT)
            found = file.read(len(WAL))
        if found == WAL:
            yield good("journal", f"{name} is in WAL mode")
        else:
            yield problem(
                "journal",
                f"{name} is not in WAL mode.",
                f"On the primary: manage.py dbshell, then PRAGMA journal_mode = wal; ({name})",
            )
