"""Django's settings of a run; what it runs on comes from the environment, see `run.py`."""

from __future__ import annotations

import json
import os

ENGINE = os.environ["DJANGO_SUITE_ENGINE"]
FOLDER = os.environ.get("DJANGO_SUITE_FOLDER", "")  # of the test databases; in memory without one
LITEFS = json.loads(os.environ["DJANGO_SUITE_LITEFS"])


def _database(alias: str) -> dict[str, object]:
    if not FOLDER:
        return {"ENGINE": ENGINE}
    name = os.path.join(FOLDER, f"{alias}.sqlite3")
    return {"ENGINE": ENGINE, "NAME": name, "TEST": {"NAME": os.path.join(FOLDER, f"test-{alias}.sqlite3")}}


DATABASES = {alias: _database(alias) for alias in ("default", "other")}
SECRET_KEY = "django_tests_secret_key"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = False
TEST_RUNNER = "django_suite.runner.RecordingRunner"
