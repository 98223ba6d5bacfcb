"""System checks, each with its fix. Those of `check --deploy` are in deploy_checks.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured
from django.core.management import get_commands

from django_litefs.apps import ENGINE
from django_litefs.conf import effective
from django_litefs.db.backends.litefs.names import database_file, is_in_memory

MIDDLEWARE = "django_litefs.middleware.ConsistencyMiddleware"
LOCAL_CACHES = (
    "django.core.cache.backends.locmem.LocMemCache",
    "django.core.cache.backends.filebased.FileBasedCache",
)
KEY = re.compile(r"LITEFS\['(\w+)'\]|LITEFS_(\w+)")
JOURNAL_MODE = re.compile(r"journal_mode\s*=\s*'?(?!wal)(\w+)", re.IGNORECASE)
EXCLUSIVE = re.compile(r"locking_mode\s*=\s*'?exclusive", re.IGNORECASE)


def uses_litefs() -> bool:
    return any(database.get("ENGINE") == ENGINE for database in settings.DATABASES.values())


def in_cluster() -> bool:
    try:
        return effective().cluster
    except ImproperlyConfigured:
        return False


def check_settings(**_: Any) -> list[CheckMessage]:
    try:
        effective()
    except ImproperlyConfigured as error:
        return [
            Error(problem, hint=_where(problem), id="django_litefs.E001")
            for problem in str(error).splitlines()
        ]
    return []


def _where(problem: str) -> str:
    """Where a setting comes from, which the problem alone does not tell."""
    found = KEY.search(problem)
    if found is None:
        return "docs/settings.md lists the keys of LITEFS."
    key = found[1] or found[2]
    return f"It is LITEFS[{key!r}] in the settings, or LITEFS_{key} in the environment, which wins."


def check_databases(**_: Any) -> list[CheckMessage]:
    if check_settings():
        return []
    return [
        message
        for alias, database in settings.DATABASES.items()
        if database.get("ENGINE") == ENGINE and not is_in_memory(database.get("NAME"))
        for message in (*_name(alias, database), *_options(alias, database))
    ]


def _name(alias: str, database: dict[str, Any]) -> Iterator[CheckMessage]:
    try:
        database_file(database.get("NAME", ""), alias, effective())
    except ImproperlyConfigured as error:
        yield Error(str(error), hint="The mount has no folders.", id="django_litefs.E002")


def _options(alias: str, database: dict[str, Any]) -> Iterator[CheckMessage]:
    command = database.get("OPTIONS", {}).get("init_command") or ""
    where = f"DATABASES[{alias!r}]['OPTIONS']['init_command']"
    if left := JOURNAL_MODE.search(command):
        yield Error(
            f"{where} leaves WAL for {left[1]}, at which every replica's LiteFS ends.",
            hint="Remove journal_mode: the backend keeps WAL.",
            id="django_litefs.E003",
        )
    if EXCLUSIVE.search(command):
        yield Error(
            f"{where} locks the database exclusively, which on LiteFS gives I/O errors in WAL mode.",
            hint="Remove locking_mode.",
            id="django_litefs.E004",
        )


def check_middleware(**_: Any) -> list[CheckMessage]:
    if not uses_litefs():
        if MIDDLEWARE not in settings.MIDDLEWARE:
            return []
        return [
            CheckWarning(
                "ConsistencyMiddleware has nothing to look after: no database has our ENGINE.",
                hint=f"Set DATABASES['default']['ENGINE'] to {ENGINE!r}.",
                id="django_litefs.W016",
            )
        ]
    if MIDDLEWARE not in settings.MIDDLEWARE:
        return [
            CheckWarning(
                "Writes in GET requests and reads after a write are not looked after.",
                hint=f"Put {MIDDLEWARE!r} first in MIDDLEWARE.",
                id="django_litefs.W001",
            )
        ]
    if settings.MIDDLEWARE[0] != MIDDLEWARE:
        return [
            CheckWarning(
                "Writes by the middleware before ConsistencyMiddleware are not seen by it.",
                hint=f"Put {MIDDLEWARE!r} first in MIDDLEWARE.",
                id="django_litefs.W002",
            )
        ]
    return []


def check_local_state(**_: Any) -> list[CheckMessage]:
    """Sessions that each node would keep for itself."""
    if not uses_litefs() or not in_cluster():
        return []
    found: list[CheckMessage] = []
    if settings.SESSION_ENGINE == "django.contrib.sessions.backends.file":
        found.append(
            CheckWarning(
                "File-based sessions exist on one node only.",
                hint="Set SESSION_ENGINE to 'django.contrib.sessions.backends.db' or signed_cookies.",
                id="django_litefs.W003",
            )
        )
    cached_sessions = settings.SESSION_ENGINE == "django.contrib.sessions.backends.cache"
    backend = settings.CACHES.get(settings.SESSION_CACHE_ALIAS, {}).get("BACKEND", "")
    if cached_sessions and backend in LOCAL_CACHES:
        found.append(
            CheckWarning(
                f"Sessions in {backend.rsplit('.', 1)[-1]} exist on one node only.",
                hint="Set SESSION_ENGINE to 'django.contrib.sessions.backends.cached_db' or 'db'.",
                id="django_litefs.W004",
            )
        )
    return found


def check_connections(**_: Any) -> list[CheckMessage]:
    if not in_cluster():
        return []
    return [
        CheckWarning(
            f"DATABASES[{alias!r}] opens a connection for each request, which costs some milliseconds on LiteFS.",
            hint="Remove CONN_MAX_AGE: the default here is to keep connections, and to notice a mount that died.",
            id="django_litefs.W014",
        )
        for alias, database in settings.DATABASES.items()
        if database.get("ENGINE") == ENGINE and database.get("CONN_MAX_AGE") in (0, "0")
    ]


def check_runserver(**_: Any) -> list[CheckMessage]:
    """AUTO_START is a runserver of ours, and the first app in INSTALLED_APPS with one wins."""
    winner = get_commands().get("runserver", "")
    if not settings.DEBUG or not in_cluster() or not effective().auto_start or winner == "django_litefs":
        return []
    if not apps.is_installed("django_litefs"):
        return []
    return [
        CheckWarning(
            f"The runserver of {winner!r} wins over ours: it does not start LiteFS (AUTO_START).",
            hint=f"Put 'django_litefs' before {winner!r} in INSTALLED_APPS, or set LITEFS['AUTO_START'] to False.",
            id="django_litefs.W015",
        )
    ]
