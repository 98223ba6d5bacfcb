"""live, ready and health of a node whose app is asked without litefs-proxy in front."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import include, path
from health_check.exceptions import ServiceUnavailable, ServiceWarning

from django_litefs import health
from django_litefs.contrib.health_check import LiteFS
from django_litefs.node import DEAD, SINGLE, Facts
from tests.python.litefs_node import LitefsNode, until

urlpatterns = [path("litefs/", include("django_litefs.urls"))]
REPLICA = Facts("replica", True, 1, "n0", "")
ALONE = Facts("replica", True, 1, "", "")
FINE, OLD = 200, 503


@pytest.fixture
def mount(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of a mount, for what the kernel shows in it."""
    monkeypatch.setattr("sys.argv", ["manage.py", "runserver"])
    settings.ROOT_URLCONF = __name__
    settings.LITEFS = {
        "STATIC_PRIMARY": {"hostname": "n0", "url": "http://127.0.2.7:20202"},
        "HOSTNAME": "n1",
        "MOUNT_PATH": tmp_path,
        "MAX_LAG": "2s",
    }
    (tmp_path / ".lag").write_text("+000000100")
    return tmp_path


def asked(name: str) -> tuple[int, dict[str, Any]]:
    answer = Client().get(f"/litefs/{name}")
    assert "no-cache" in answer["Cache-Control"]
    return answer.status_code, json.loads(answer.content)


@pytest.mark.parametrize(
    ("facts", "lag", "stale_reads", "ready", "healthy", "reasons"),
    [
        (SINGLE, "+000000000", True, 200, 200, []),
        (Facts("primary", True, 1, "", ""), "+000000000", True, 200, 200, []),
        (REPLICA, "+000001999", True, 200, 200, []),
        (REPLICA, "+000002001", True, 200, 503, ["lag"]),
        (REPLICA, "+2147483647", True, 200, 503, ["lag"]),
        (REPLICA, "", True, 200, 503, ["lag"]),
        (ALONE, "+000000100", True, 200, 503, ["no-primary"]),
        (ALONE, "+000000100", False, 503, 503, ["stale-reads-off", "no-primary"]),
        (DEAD, "+000000100", True, 503, 503, ["mount-dead", "no-primary"]),
    ],
)
def test_the_table(
    mount: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    facts: Facts,
    lag: str,
    stale_reads: bool,
    ready: int,
    healthy: int,
    reasons: list[str],
) -> None:
    """decisions about an app's own health; litefs-proxy's are in tests/core/health_test.cpp."""
    settings.LITEFS = {**settings.LITEFS, "STALE_READS": stale_reads}
    monkeypatch.setattr(health, "node_facts", lambda: facts)
    (mount / ".lag").write_text(lag)
    assert [asked(name)[0] for name in ("live", "ready", "health")] == [200, ready, healthy]
    assert asked("health")[1]["reasons"] == reasons


@pytest.mark.parametrize(
    ("query", "facts", "status"),
    [
        ("role=replica", REPLICA, 200),
        ("role=primary", REPLICA, 503),
        ("role=primary", SINGLE, 200),
        ("role=replica", SINGLE, 503),
        ("role=boss", SINGLE, 400),
    ],
)
def test_a_role_can_be_asked_for(
    mount: Path, monkeypatch: pytest.MonkeyPatch, query: str, facts: Facts, status: int
) -> None:
    assert mount.exists()
    monkeypatch.setattr(health, "node_facts", lambda: facts)
    assert Client().get(f"/litefs/ready?{query}").status_code == status
    assert Client().get(f"/litefs/health?{query}").status_code == status


def test_it_is_only_read(mount: Path) -> None:
    """No test here may use a database, either: none of these asks one."""
    assert mount.exists()
    assert Client().post("/litefs/health").status_code == 405


@pytest.mark.integration
def test_on_a_real_replica(replica: LitefsNode, settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    status, found = asked("health")
    assert (status, found["role"], found["primary"], found["reasons"]) == (200, "replica", "n0", [])
    assert found["lag_ms"] < 5000
    replica.primary.kill()
    until(lambda: asked("health")[1]["reasons"] == ["no-primary"], "it misses its primary")
    assert asked("ready")[0] == 200
    replica.kill()
    until(lambda: asked("ready")[0] == 503, "its own death is seen")
    assert asked("live")[0] == 200


@pytest.mark.parametrize(
    ("facts", "raised"),
    [(REPLICA, None), (ALONE, ServiceWarning), (DEAD, ServiceUnavailable), (SINGLE, None)],
)
def test_django_health_check(
    mount: Path, monkeypatch: pytest.MonkeyPatch, facts: Facts, raised: type[Exception] | None
) -> None:
    """By the package's own run of it."""
    assert mount.exists()
    monkeypatch.setattr(health, "node_facts", lambda: facts)
    result = asyncio.run(LiteFS().get_result())
    assert type(result.error) is (raised or type(None))


def test_django_health_check_in_its_view(mount: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from health_check.views import HealthCheckView

    assert mount.exists()
    monkeypatch.setattr(health, "node_facts", lambda: SINGLE)
    view = HealthCheckView.as_view(checks=["django_litefs.contrib.health_check.LiteFS"])
    with override_settings(ROOT_URLCONF=type("urls", (), {"urlpatterns": [path("health/", view)]})):
        answer = Client().get("/health/", headers={"accept": "application/json"})
    assert answer.status_code == 200
    assert "LiteFS" in answer.content.decode()
