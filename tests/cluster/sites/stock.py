"""The notes site with Django's own SQLite backend on a LiteFS mount, as it is used without this project."""

from __future__ import annotations

import os

from notes_site.settings import *  # noqa: F403
from notes_site.settings import INSTALLED_APPS, MIDDLEWARE

INSTALLED_APPS.remove("django_litefs")
MIDDLEWARE.remove("django_litefs.middleware.ConsistencyMiddleware")
MIDDLEWARE.remove("notes.served_by.ServedByMiddleware")  # it asks django_litefs
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.path.join(os.environ["LITEFS_MOUNT_PATH"], "notes.sqlite3"),
        "CONN_MAX_AGE": 0,  # type: ignore[dict-item]
    }
}
