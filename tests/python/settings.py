"""Django's settings for these tests: a single node in memory."""

from __future__ import annotations

SECRET_KEY = "only-for-tests-only-for-tests"
DEBUG = False
USE_TZ = True
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.admin",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django_litefs",
]
MIDDLEWARE = ["django_litefs.middleware.ConsistencyMiddleware"]
ROOT_URLCONF = "tests.python.urls"
DATABASES = {
    "default": {"ENGINE": "django_litefs.db.backends.litefs", "NAME": "default"},
    "elsewhere": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LITEFS: dict[str, object] = {}
