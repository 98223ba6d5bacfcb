"""System checks: each says what to do, and a good site has none."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import CheckMessage
from django.core.checks.registry import registry
from django.db import models
from django.test.utils import isolate_apps

from django_litefs import checks
from django_litefs.apps import ENGINE

STATIC = {"STATIC_PRIMARY": {"hostname": "n0", "url": "http://127.0.0.1:1"}, "HOSTNAME": "n0"}
MIDDLEWARE = checks.MIDDLEWARE
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


DATABASE_CACHE = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "c"}}
CONSUL = {
    "CONSUL_URL": "http://10.0.0.2:8500",
    "CONSUL_KEY": "k",
    "HOSTNAME": "n0",
    "ADVERTISE_URL": "http://10.0.0.5:20202",
}
NO_CACHE = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def database(**options: Any) -> dict[str, Any]:
    return {"default": {"ENGINE": ENGINE, "NAME": "default", **options}}


def messages(*, deploy: bool) -> list[CheckMessage]:
    """What our checks say, as Django runs them."""
    ours = [c for c in registry.get_checks(include_deployment_checks=deploy) if "litefs" in c.tags]
    return [message for check in ours for message in check(app_configs=None, databases=None)]


def found(*, deploy: bool = False) -> list[str]:
    said = messages(deploy=deploy)
    assert all(message.hint for message in said)
    return [str(message.id) for message in said]


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        ({}, []),
        ({"LITEFS": {"NONSENSE": 1}}, ["django_litefs.E001"]),
        (
            {"DATABASES": {"default": {"ENGINE": ENGINE, "NAME": "/elsewhere/x"}}},
            ["django_litefs.E002"],
        ),
        (
            {
                "DATABASES": database(
                    OPTIONS={"init_command": "PRAGMA cache_size=1; PRAGMA journal_mode = delete"}
                )
            },
            ["django_litefs.E003"],
        ),
        ({"DATABASES": database(OPTIONS={"init_command": "PRAGMA journal_mode=WAL"})}, []),
        (
            {"DATABASES": database(OPTIONS={"init_command": "PRAGMA locking_mode=EXCLUSIVE"})},
            ["django_litefs.E004"],
        ),
        ({"DATABASES": database(CONN_MAX_AGE=0)}, ["django_litefs.W014"]),
        ({"DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3"}}}, ["django_litefs.W016"]),
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


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        ({}, []),
        ({"CACHES": CACHES}, ["django_litefs.W006"]),
        ({"CACHES": DATABASE_CACHE}, ["django_litefs.W008"]),
        ({"SESSION_SAVE_EVERY_REQUEST": True}, ["django_litefs.W007"]),
        (
            {
                "SESSION_SAVE_EVERY_REQUEST": True,
                "SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies",
            },
            [],
        ),
        (
            {"CACHES": DATABASE_CACHE, "REST_FRAMEWORK": {"DEFAULT_THROTTLE_CLASSES": ["x"]}},
            ["django_litefs.W008", "django_litefs.W009"],
        ),
        (
            {"CHANNEL_LAYERS": {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}},
            ["django_litefs.W010"],
        ),
        ({"LITEFS": STATIC}, ["django_litefs.W011"]),
        ({"LITEFS": {**CONSUL, "PRIMARY_URL": {"n0": "http://n0:8081"}}}, ["django_litefs.W011"]),
        ({"LITEFS": {**CONSUL, "HTTP_ADDR": "10.0.0.5:9999"}}, ["django_litefs.W012"]),
        ({"LITEFS": {**CONSUL, "ADVERTISE_URL": "http://127.0.0.1:20202"}}, ["django_litefs.W012"]),
        ({"LITEFS": {**CONSUL, "ADMIN_ADDR": ":20203"}}, ["django_litefs.W013"]),
        ({"LITEFS": {"ENABLED": False}, "CACHES": CACHES, "SESSION_SAVE_EVERY_REQUEST": True}, []),
    ],
)
def test_deploy_checks(
    settings: Any, monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], ids: list[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["manage.py", "check", "--deploy"])
    settings.LITEFS, settings.CACHES = CONSUL, NO_CACHE
    for name, value in values.items():
        setattr(settings, name, value)
    assert found(deploy=True) == ids
    assert found() == []


def test_uploads_on_one_node(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with isolate_apps("django_litefs") as registered:

        class Upload(models.Model):  # noqa: DJ008
            file = models.FileField()

            class Meta:
                app_label = "django_litefs"

    monkeypatch.setattr("sys.argv", ["manage.py", "check", "--deploy"])
    monkeypatch.setattr("django_litefs.deploy_checks.apps", registered)
    settings.LITEFS, settings.CACHES = CONSUL, NO_CACHE
    (message,) = messages(deploy=True)
    assert message.id == "django_litefs.W005"
    assert "django_litefs.Upload.file" in message.msg
    settings.STORAGES = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    assert found(deploy=True) == []


@pytest.mark.parametrize(("debug", "winner", "ids"), [(True, "daphne", ["W015"]), (False, "daphne", [])])
def test_a_runserver_that_does_not_start_litefs(
    settings: Any, monkeypatch: pytest.MonkeyPatch, debug: bool, winner: str, ids: list[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["manage.py", "runserver"])
    monkeypatch.setattr("django_litefs.checks.get_commands", lambda: {"runserver": winner})
    settings.LITEFS, settings.DEBUG = CONSUL, debug
    assert [name.rpartition(".")[2] for name in found()] == ids


def test_a_hint_says_where_the_setting_is(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["manage.py", "check"])
    settings.LITEFS = {**CONSUL, "READ_WAIT": "soon"}
    (message,) = messages(deploy=False)
    assert "LITEFS_READ_WAIT in the environment" in str(message.hint)
