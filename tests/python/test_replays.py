"""When reads that write are named in the log."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.test import Client

from django_litefs import middleware, replays
from django_litefs.replays import ReplayWatch


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever logging another test has configured."""
    monkeypatch.setattr(replays.logger, "disabled", False)


def served(reads: int, views: dict[str, int]) -> ReplayWatch:
    watch = ReplayWatch()
    for _ in range(reads):
        watch.read()
    for view, count in views.items():
        for _ in range(count):
            watch.replayed(view)
    return watch


@pytest.mark.parametrize(
    ("reads", "views", "warned"),
    [
        (99, {"shop.cart": 50}, None),
        (1000, {"shop.cart": 10}, None),
        (1000, {"shop.cart": 11}, "11 of 1000 reads wanted to write and ran twice: shop.cart (11)."),
        (200, {"shop.cart": 2, "shop.seen": 1}, "and ran twice: shop.cart (2), shop.seen (1)."),
        (500, {f"view{n}": 1 for n in range(6)}, "view5 (1)"),
        (100, {"a": 9}, "2 of 100"),
    ],
)
def test_many_are_named_once(
    reads: int, views: dict[str, int], warned: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    served(reads, views)
    assert [warned in message for message in caplog.messages] == [True] if warned else not caplog.messages


def test_not_all_of_them(caplog: pytest.LogCaptureFixture) -> None:
    served(1100, {f"view{n}": 1 for n in range(12)})
    assert "view9 (1), 2 more. Name" in caplog.text


def test_again_after_a_pause(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "PAUSE_S", 0.0)
    served(100, {"a": 3})
    assert len(caplog.messages) == 2


def test_what_is_long_ago_is_forgotten(caplog: pytest.LogCaptureFixture) -> None:
    watch = served(90, {"once": 1, "often": 4})
    for _ in range(replays.READS_MAX):
        watch.read()
    watch.replayed("often")
    assert dict(watch._views) == {"often": 3}
    assert watch._reads == (90 + replays.READS_MAX) // 2
    assert not caplog.messages


@pytest.mark.parametrize(
    ("path", "headers", "named"),
    [
        ("refused", {"litefs-proxied": "1"}, "tests.python.urls.refused"),
        ("swallowed", {"litefs-proxied": "1"}, "tests.python.urls.swallowed"),
        ("mountless", {"litefs-proxied": "1"}, None),
        ("refused", {"litefs-proxied": "1;begin=immediate"}, None),
        ("refused", {}, None),
        ("plain", {"litefs-proxied": "1"}, None),
    ],
)
def test_the_middleware_names_the_view(
    path: str,
    headers: dict[str, str],
    named: str | None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    settings: Any,
) -> None:
    settings.DEBUG = False
    watch = served(replays.READS_MIN, {"other": 1})
    monkeypatch.setattr(middleware, "watch", watch)
    with caplog.at_level(logging.WARNING, "django_litefs.replays"):
        Client(raise_request_exception=False).get(f"/{path}", headers=headers)
    assert named is None or f"{named} (1)" in caplog.text
    assert named is not None or not caplog.messages
    assert watch._reads == replays.READS_MIN + 1
