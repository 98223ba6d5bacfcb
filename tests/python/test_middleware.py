"""ConsistencyMiddleware behind a litefs-proxy and without one, sync and async."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.signals import got_request_exception
from django.db import connections
from django.test import AsyncClient, Client

from django_litefs.node import Facts
from tests.python.urls import ran

PROXIED = {"litefs-proxied": "1"}
RERUN = {"litefs-proxied": "1;begin=immediate"}
HIDDEN = [
    "hidden-writer",
    "tests.python.urls.hidden_writer",
    "tests.python.urls.HiddenWriter",
    "tests.python.urls.awaited_hidden_writer",
]
COMMITTED = "db.sqlite3=0000000000000007/0000000000000009"


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "committed", "replay"),
    [
        ("GET", "plain", PROXIED, 200, None, None),
        ("POST", "plain", PROXIED, 200, "none", None),
        ("GET", "writes", PROXIED, 200, COMMITTED, None),
        ("POST", "writes", PROXIED, 200, COMMITTED, None),
        ("GET", "refused", PROXIED, 503, None, "primary"),
        ("GET", "mountless", PROXIED, 503, None, "once"),
        ("GET", "swallowed", PROXIED, 200, None, "primary"),
        ("POST", "swallowed", PROXIED, 503, "none", None),
        ("GET", "swallowed", RERUN, 503, None, None),
        ("GET", "swallowed", {}, 200, None, None),
        ("GET", "swallowed-then-writes", PROXIED, 500, COMMITTED, None),
        ("POST", "swallowed-then-writes", PROXIED, 200, COMMITTED, None),
        ("GET", "elsewhere", PROXIED, 503, None, "primary"),
        ("POST", "elsewhere", PROXIED, 500, "none", None),
        ("GET", "awaited", PROXIED, 503, None, "primary"),
        ("GET", "refused", RERUN, 503, None, None),
        ("POST", "refused", PROXIED, 503, "none", None),
        ("GET", "writes-then-refused", PROXIED, 500, COMMITTED, None),
        ("POST", "lost", PROXIED, 500, "none", None),
        ("GET", "lost", PROXIED, 500, None, None),
        ("GET", "missing", PROXIED, 404, None, None),
        ("GET", "writes", {}, 200, None, None),
        ("GET", "refused", {}, 503, None, None),
        ("POST", "refused", {}, 503, None, None),
        ("GET", "refused", {"litefs-proxied": "2"}, 503, None, None),
    ],
)
def test_answers(
    client: Client,
    method: str,
    path: str,
    headers: dict[str, str],
    status: int,
    committed: str | None,
    replay: str | None,
) -> None:
    response = client.generic(method, f"/{path}", headers=headers)
    assert response.status_code == status
    assert response.get("litefs-committed") == committed
    assert response.get("litefs-replay") == replay
    assert ("Retry-After" in response) == (status == 503)
    assert not response.cookies


@pytest.mark.asyncio
@pytest.mark.parametrize("path", ["refused", "awaited"])
async def test_async(path: str) -> None:
    response = await AsyncClient().get(f"/{path}", headers=PROXIED)
    assert response["litefs-replay"] == "primary"
    response = await AsyncClient().post("/writes", headers=PROXIED)
    assert response["litefs-committed"] == COMMITTED


@pytest.fixture(autouse=True)
def _nothing_open_elsewhere() -> Iterator[None]:
    yield
    opened = connections["elsewhere"].connection
    if opened is not None:
        opened.close()
        connections["elsewhere"].connection = None


@pytest.mark.parametrize("by", ["view", "middleware"])
def test_a_refused_write_is_no_error_of_the_site(
    client: Client, settings: Any, mailoutbox: list[Any], by: str
) -> None:
    settings.ADMINS = [("a", "a@example.org")]
    if by == "middleware":
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.python.urls.RefusedAfterTheView"]
    seen: list[object] = []
    got_request_exception.connect(lambda **_: seen.append(1), weak=False, dispatch_uid="test")
    try:
        response = client.get("/refused" if by == "view" else "/plain", headers=PROXIED)
    finally:
        got_request_exception.disconnect(dispatch_uid="test")
    assert response["litefs-replay"] == "primary"
    assert not seen
    assert not mailoutbox


@pytest.mark.parametrize(
    ("method", "headers", "mode"),
    [
        ("GET", PROXIED, "deferred"),
        ("GET", RERUN, "immediate"),
        ("POST", PROXIED, "immediate"),
        ("GET", {}, "deferred"),
    ],
)
def test_begin_mode(client: Client, method: str, headers: dict[str, str], mode: str) -> None:
    assert client.generic(method, "/begins", headers=headers).content.decode() == mode


@pytest.mark.parametrize(
    "path", ["primary", "awaited-primary", "hidden", "hidden-named", "hidden-class", "hidden-async"]
)
@pytest.mark.parametrize("client_class", [Client, AsyncClient])
async def test_views_for_the_primary_run_nowhere_else(
    settings: Any, monkeypatch: pytest.MonkeyPatch, path: str, client_class: type[Client | AsyncClient]
) -> None:
    settings.LITEFS = {"PRIMARY_VIEWS": HIDDEN}
    for role, expected in (("replica", "primary"), ("primary", None)):
        facts = Facts(role, True, 1, "n0", "")
        monkeypatch.setattr("django_litefs.decorators.node_facts", lambda facts=facts: facts)
        ran.clear()
        client = client_class()
        ask = client.get if isinstance(client, AsyncClient) else sync_to_async(client.get)
        response = await ask(f"/{path}", headers=PROXIED)
        assert response.get("litefs-replay") == expected
        assert response.status_code == (503 if expected else 200)
        assert not (ran and expected)
        assert response.content != b"deferred"


def test_views_for_the_primary_begin_immediate(client: Client) -> None:
    assert client.get("/primary", headers=PROXIED).content == b"True"


@pytest.mark.parametrize(
    ("path", "proxied", "ack"),
    [
        ("replicated", True, "replicated"),
        ("replicated-awaited", True, "replicated"),
        ("replicated-fails", True, "replicated"),
        ("replicated-nothing", True, None),
        ("writes", True, None),
        ("replicated", False, None),
    ],
)
def test_views_whose_writes_are_replicated(client: Client, path: str, proxied: bool, ack: str | None) -> None:
    response = client.post(f"/{path}", headers=PROXIED if proxied else {})
    assert response.get("litefs-ack") == ack
    assert response.status_code == (500 if path == "replicated-fails" else 200)


def test_cookie_without_a_proxy(client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["manage.py", "runserver"])
    lease = {"STATIC_PRIMARY": {"hostname": "n0", "url": "http://127.0.0.1:1"}, "HOSTNAME": "n0"}
    settings.LITEFS = {**lease, "COOKIE_SAMESITE": "Strict", "COOKIE_DOMAIN": "example.com"}
    cookie = client.post("/writes").cookies["litefs-position"]
    assert (cookie["samesite"], cookie["domain"]) == ("Strict", "example.com")
    settings.LITEFS = lease
    response = client.post("/writes")
    value = response["litefs-position"]
    assert value.endswith("-0000000000000007-0000000000000009")
    cookie = response.cookies["litefs-position"]
    assert cookie.value == value
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert response["Cache-Control"] == "private"
    assert client.get("/plain").status_code == 200  # no mount: the wait ends at once
