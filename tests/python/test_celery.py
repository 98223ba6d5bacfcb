"""Positions in the headers of Celery tasks: real Celery with its broker in memory, a real LiteFS."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from typing import Any

import celery
import pytest
from celery.contrib.testing.worker import start_worker

from django_litefs import _core, current_position, is_primary
from django_litefs.contrib import celery as litefs_celery
from tests.python.litefs_node import LitefsNode
from tests.python.sql import execute

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]
TIMEOUT_S = 0.5
RESULT_S = 30
AHEAD = _core.format_demands([(_core.database_id("db.sqlite3"), _core.Position(10**9, 1))])


@pytest.fixture(scope="module")
def app() -> Iterator[Any]:
    app = celery.Celery("tests", broker="memory://", backend="cache+memory://", set_as_current=False)

    @app.task(name="seen", bind=True)  # type: ignore[untyped-decorator]
    def seen(task: Any) -> tuple[Any, str]:
        return task.request.get(litefs_celery.HEADER), str(current_position())

    @app.task(name="retried", bind=True, default_retry_delay=0)  # type: ignore[untyped-decorator]
    def retried(task: Any) -> Any:
        if task.request.retries == 0:
            raise task.retry()
        return task.request.get(litefs_celery.HEADER)

    def as_it_is(**_: object) -> None:
        """Celery leaves logging alone if anybody listens; else it sets the root's level for all later tests."""

    celery.signals.setup_logging.connect(as_it_is)
    litefs_celery.connect(timeout=TIMEOUT_S)
    with start_worker(app, perform_ping_check=False, pool="solo"):
        yield app


def run(app: Any, name: str, **options: Any) -> Any:
    return app.send_task(name, **options).get(timeout=RESULT_S)


def test_a_task_carries_the_senders_position(app: Any, wrapper: Any) -> None:
    execute(wrapper, "INSERT INTO t VALUES (1)")
    here = current_position()
    assert here is not None
    header, there = run(app, "seen")
    assert header == _core.format_demands([(_core.database_id("db.sqlite3"), here)])
    assert there == str(here)


def test_a_worker_on_a_replica_waits_at_most_the_timeout(
    app: Any,
    wrapper: Any,
    node: LitefsNode,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert wrapper is not None
    page = _core.NodePageWriter(_core.default_page_path(str(node.mount)))
    page.publish(_core.NodeFacts("replica", True, os.stat(node.mount).st_dev, "n1", ""))
    assert not is_primary()
    monkeypatch.setattr(litefs_celery, "_here", lambda _: _core_demands())
    caplog.set_level(logging.WARNING, litefs_celery.logger.name)  # a worker sets up logging anew
    monkeypatch.setattr(litefs_celery.logger, "handlers", [caplog.handler])
    began = time.monotonic()
    header, _ = run(app, "seen")
    page.beat()
    assert header == AHEAD
    assert time.monotonic() - began >= TIMEOUT_S
    assert "task seen runs before this node has" in caplog.text


def _core_demands() -> list[tuple[int, _core.Position]]:
    return _core.parse_demands(AHEAD)


def test_a_retry_keeps_what_its_task_was_told(
    app: Any, wrapper: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if this worker has not come that far."""
    assert wrapper is not None
    first = iter([_core_demands()])
    monkeypatch.setattr(litefs_celery, "_here", lambda _: next(first, []))
    assert run(app, "retried") == AHEAD


def test_single_node(app: Any, settings: Any) -> None:
    settings.LITEFS = {}
    assert run(app, "seen") == [None, "None"]
