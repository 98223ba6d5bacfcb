"""The admin's page of the cluster: who may see it, what it shows, who may hand the primary over."""

from __future__ import annotations

import logging
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.contrib.messages import get_messages
from django.core.management import call_command
from django.db import connection
from django.test import Client

from django_litefs import admin, control
from django_litefs.testing import replica

pytestmark = pytest.mark.django_db
PAGE = "/admin/django_litefs/cluster/"
PROMOTE = f"{PAGE}promote/"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
MIDDLEWARE = [
    "django_litefs.middleware.ConsistencyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]


def node(hostname: str, role: str, **changed: Any) -> dict[str, Any]:
    facts = {"linked": True, "healthy": True, "reasons": [], "candidate": True, "behind": 0, "lag_ms": 7}
    positions = {"db.sqlite3": "0000000000000038/ed37e76870c6974d"}
    return {
        "hostname": hostname,
        "role": role,
        "version": "0.1.0",
        "positions": positions,
        **facts,
        **changed,
    }


NODES = [
    node("n0", "primary"),
    node("n1", "replica", behind=3),
    node("n2", "replica", candidate=False),
    node("n3", "replica", linked=False, healthy=False, reasons=["silent"]),
]


@pytest.fixture
def site(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ROOT_URLCONF = "tests.python.admin_urls"
    settings.TEMPLATES, settings.MIDDLEWARE = TEMPLATES, MIDDLEWARE
    settings.STATIC_URL = "/static/"
    monkeypatch.setattr(
        control, "cluster", lambda: {"seen_by": "n0", "maintenance_left_ms": 0, "nodes": NODES}
    )
    monkeypatch.setattr(admin, "_is_single", lambda: False)


def user(*permissions: str, staff: bool = True) -> Client:
    made = User.objects.create_user("someone", is_staff=staff)
    made.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client(enforce_csrf_checks=True)
    client.force_login(made)
    return client


@pytest.mark.parametrize(
    ("permissions", "staff", "status"),
    [
        (["view_cluster"], True, 200),
        ([], True, 403),
        (["view_cluster"], False, 302),
        (["promote"], True, 403),
    ],
)
@pytest.mark.usefixtures("site")
def test_who_may_see_it(permissions: list[str], staff: bool, status: int) -> None:
    client = user(*permissions, staff=staff)
    assert client.get(PAGE).status_code == status
    assert client.get(f"{PAGE}nodes/").status_code == status


@pytest.mark.usefixtures("site")
def test_it_works_on_a_replica_and_asks_for_no_script_in_the_page() -> None:
    client = user("view_cluster")
    with replica() as refused:
        page = client.get(PAGE).content.decode()
        facts = client.get(f"{PAGE}nodes/")
    assert not refused.refused
    assert facts.json()["nodes"] == NODES
    assert "no-store" in facts["Cache-Control"]
    assert 'data-nodes="/admin/django_litefs/cluster/nodes/"' in page
    own = page[page.index('id="litefs-cluster"') :]
    assert "<script" not in own
    assert "style=" not in own
    assert not re.search(r"\son\w+=", own)
    assert "Make primary" not in page


@pytest.mark.usefixtures("site")
def test_a_button_for_those_who_may() -> None:
    page = user("view_cluster", "promote").get(PAGE).content.decode()
    template = page[page.index('<template id="litefs-promote">') : page.index("</template>")]
    assert f'<form method="post" action="{PROMOTE}">' in template
    assert re.search(r'name="node" value="">\s*<button type="submit"', template)


@pytest.mark.parametrize(("method", "status"), [("get", 405), ("post", 403)])
@pytest.mark.usefixtures("site")
def test_nothing_is_handed_over_by_a_link_or_another_site(
    method: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "promote", lambda _node: pytest.fail("promoted"))
    client = user("view_cluster", "promote")
    assert getattr(client, method)(PROMOTE, {"node": "n1"}).status_code == status


@pytest.mark.usefixtures("site")
def test_nor_by_somebody_who_may_only_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "promote", lambda _node: pytest.fail("promoted"))
    client = user("view_cluster")
    client.handler.enforce_csrf_checks = False
    assert client.post(PROMOTE, {"node": "n1"}).status_code == 403


@pytest.mark.parametrize(
    ("refusal", "logged"),
    [
        (None, "n1 is primary now; writes were held for 21 ms"),
        ("another handoff is under way", "n1 did not become the primary: another handoff is under way"),
    ],
)
@pytest.mark.usefixtures("site")
def test_handing_over(
    refusal: str | None, logged: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answered = threading.Event()

    def promote(node: str) -> dict[str, Any]:
        assert answered.wait(10), "the handoff waits for every write, also for the request that asked for it"
        if refusal:
            raise control.ControlError(refusal)
        return {"primary": node, "hold_ms": 21}

    monkeypatch.setattr(control, "promote", promote)
    client = user("view_cluster", "promote")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(PAGE).content.decode())
    assert token
    with caplog.at_level(logging.INFO, "django_litefs.admin"):
        answer = client.post(PROMOTE, {"node": "n1", "csrfmiddlewaretoken": token[1]})
        asking = [thread for thread in threading.enumerate() if thread.name == "litefs-promote"]
        answered.set()
        for thread in asking:
            thread.join(10)
    assert answer.status_code == 302
    assert answer["Location"] == PAGE
    assert [str(message) for message in get_messages(answer.wsgi_request)] == [
        "n1 was asked to become the primary."
    ]
    assert caplog.messages == [logged]


@pytest.mark.usefixtures("site")
def test_a_proxy_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def cluster() -> dict[str, Any]:
        raise control.NotAnsweringError("No litefs-proxy answers at /x")

    monkeypatch.setattr(control, "cluster", cluster)
    client = user("view_cluster")
    assert client.get(PAGE).status_code == 200
    assert client.get(f"{PAGE}nodes/").json() == {"error": "No litefs-proxy answers at /x", "nodes": []}


@pytest.mark.usefixtures("site")
def test_a_single_node_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    client = user("view_cluster")
    page = client.get(PAGE)
    assert page.status_code == 200
    assert "single node" in page.content.decode()


def test_the_model_makes_no_table_and_its_migration_is_complete() -> None:
    assert "django_litefs_cluster" not in connection.introspection.table_names()
    assert ContentType.objects.filter(app_label="django_litefs", model="cluster").exists()
    call_command("makemigrations", "django_litefs", check=True, dry_run=True, verbosity=0)


def test_the_page_is_light() -> None:
    static = Path(admin.__file__).parent / "static" / "django_litefs"
    assert sum(file.stat().st_size for file in static.iterdir()) < 15_000
    assert all("http:" not in text and "https:" not in text for text in map(Path.read_text, static.iterdir()))
