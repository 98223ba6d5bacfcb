"""The notes site with GETs that write, in every way that Django has, each request in a transaction."""

from __future__ import annotations

from notes_site.settings import *  # noqa: F403
from notes_site.settings import DATABASES, LITEFS

ROOT_URLCONF = "get_writers_urls"
DATABASES["default"]["ATOMIC_REQUESTS"] = True  # type: ignore[assignment]
SESSION_SAVE_EVERY_REQUEST = True
LITEFS["PRIMARY_VIEWS"] = ["named", "get_writers_urls.not_ours"]  # type: ignore[assignment]
