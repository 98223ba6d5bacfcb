"""System checks: each says what to do, and a good site has none."""

from __future__ import annotations

from typing import Any

import pytest

from django_litefs import checks
from django_litefs.apps import ENGINE

STATIC = {"STATIC_PRIMARY": {"hostname": "n0", "url": "http://127.0.0.1:1"}, "HOSTNAME": "n0"}
MIDDLEWARE = checks.MIDDLEWARE
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


def found() -> list[str]:
    every = (checks.check_settings, checks.check_databases, checks.check_middleware, checks.check_local_state)
    return [str(message.id) for check in every for message in check()]


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        ({}, []),
        ({"LITEFS": {"NONSENSE": 1}}, ["django_litefs.E001"]),
        (
            {"DATABASES": {"default": {"ENGINE": ENGINE, "NAME": "/elsewhere/x"}}},
            ["django_litefs.E002"],
        ),
        ({"MIDDLEWARE": []}, ["django_litefs.W001"]),
        ({"MIDDLEWARE": ["other", MIDDLEWARE]}, ["django_litefs.W002"]),
        ({"MIDDLEWARE": [], "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3"}}}, []),
        ({"SESSION_ENGINE": "django.contrib.sessions.backends.file"}, ["django_litefs.W003"]),
        (
            {"SESSION_ENGINE": "django.contrib.sessions.backends.cache", "CACHES": CACHES},
            ["django_litefs.W004"],
        ),
        ({"SESSION_ENGINE": "django.contrib.sessions.backends.file", "LITEFS": {"ENABLED": False}}, []),
    ],
)
@pytest.mark.filterwarnings("ignore:Overriding setting")
def test_checks(
    settings: Any, monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], ids: list[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["manage.py", "check"])
    settings.LITEFS = STATIC
    for name, value in values.items():
        setattr(settings, name, value)
    assert found() == ids
