"""The notes site as Django configures it by default: a new database connection for each request."""

from __future__ import annotations

from notes_site.settings import *  # noqa: F403
from notes_site.settings import DATABASES

DATABASES["default"]["CONN_MAX_AGE"] = 0  # type: ignore[assignment]
