"""Writes that no view asked for in so many words: which part of Django a statement comes from, by its table."""

from __future__ import annotations

import re

from django.conf import settings

WRITTEN = re.compile(r'^\s*(?:INSERT\s.*?INTO|REPLACE\s+INTO|UPDATE|DELETE\s+FROM)\s+"([^"]+)"', re.I | re.S)
LAST_LOGIN = re.compile(r'^\s*UPDATE\s+"[^"]+"\s+SET\s+"last_login"\s*=\s*\S+\s+WHERE', re.I)
TABLES = {
    "django_session": "the session store, when a session changed, expired or is saved on every request",
    "django_admin_log": "the log of the admin",
}
DATABASE_CACHE = "django.core.cache.backends.db.DatabaseCache"


def hidden_writer(sql: str) -> str:
    """In words; '' if the statement is none of these."""
    found = WRITTEN.match(sql)
    if found is None:
        return ""
    if LAST_LOGIN.match(sql):
        return "a login, which updates last_login"
    table = found.group(1)
    if any(
        cache.get("BACKEND") == DATABASE_CACHE and cache.get("LOCATION") == table
        for cache in settings.CACHES.values()
    ):
        return "the cache in a database table"
    return TABLES.get(table, "")
