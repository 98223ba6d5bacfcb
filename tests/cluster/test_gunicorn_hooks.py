"""gunicorn's own master starts LiteFS before its first worker and stops it after its last."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.developer import Developer
from tools.cluster import Client, processes

pytestmark = pytest.mark.integration

CONFIGURATION = """
from django_litefs.contrib.gunicorn import on_exit, on_starting
bind = "{target}"
workers = 2
raw_env = ["DJANGO_SETTINGS_MODULE=notes_site.settings"]
"""


@pytest.fixture
def developer(tmp_path: Path) -> Iterator[Developer]:
    developer = Developer(tmp_path)
    developer.append("gunicorn.conf.py", CONFIGURATION.format(target=developer.target))
    yield developer
    developer.clean_up()


def gunicorn(developer: Developer) -> None:
    developer.run("-m", "gunicorn", "notes_site.wsgi")


def test_from_start_to_stop(developer: Developer) -> None:
    gunicorn(developer)
    developer.until_served()
    with Client() as client:  # the migrations are done, too
        assert client.post_json(developer.node.front, "/api/notes/", {"title": "x"}).status == 201
    assert len(developer.running("litefs")) == 1
    written = (developer.node.data / "litefs-proxy.yml").read_text()
    assert f"target: {developer.target}" in written
    assert "target-connections: 4" in written
    assert developer.quit(signal.SIGTERM, group=False) == 0
    assert developer.left() == []


def test_what_keeps_litefs_from_starting_keeps_gunicorn_from_starting(developer: Developer) -> None:
    developer.node.environment["LITEFS_READ_WAIT"] = "soon"
    gunicorn(developer)
    assert developer.process is not None
    assert developer.process.wait(30) != 0
    assert "READ_WAIT" in developer.node.log.read_text()
    assert processes.marked(developer.mark) == []
