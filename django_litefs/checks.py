"""System checks, each with its fix."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured

from django_litefs.apps import ENGINE
from django_litefs.conf import effective
from django_litefs.db.backends.litefs.names import database_file, is_in_memory

MIDDLEWARE = "django_litefs.middleware.ConsistencyMiddleware"
LOCAL_CACHES = (
    "django.core.cache.backends.locmem.LocMemCache",
    "django.core.cache.backends.filebased.FileBasedCache",
)


def _uses_litefs() -> bool:
    return any(database.get("ENGINE") == ENGINE for database in settings.DATABASES.values())


def _in_cluster() -> bool:
    try:
        return effective().cluster
    except ImproperlyConfigured:
        return False


def check_settings(**_: Any) -> list[CheckMessage]:
    try:
        effective()
    except ImproperlyConfigured as error:
        return [Error(problem, id="django_litefs.E001") for problem in str(error).splitlines()]
    return []


def check_databases(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if check_settings():
        return found
    for alias, database in settings.DATABASES.items():
        if database.get("ENGINE") == ENGINE and not is_in_memory(database.get("NAME")):
            try:
                database_file(database.get("NAME", ""), alias, effective())
            except ImproperlyConfigured as error:
                found.append(Error(str(error), id="django_litefs.E002"))
    return found


def check_middleware(**_: Any) -> list[CheckMessage]:
    if not _uses_litefs():
        return []
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
    """State that each node would keep for itself."""
    if not _uses_litefs() or not _in_cluster():
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
    backend = settings.CACHES.get("default", {}).get("BACKEND", "")
    if cached_sessions and backend in LOCAL_CACHES:
        found.append(
            CheckWarning(
                f"Sessions in {backend.rsplit('.', 1)[-1]} exist on one node only.",
                hint="Set SESSION_ENGINE to 'django.contrib.sessions.backends.cached_db' or 'db'.",
                id="django_litefs.W004",
            )
        )
    return found
