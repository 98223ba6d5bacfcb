"""What must not start does not start, says why in one line, and leaves no file."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.cluster import Node
from tools.cluster.cluster import SITE

pytestmark = pytest.mark.integration

ANSWERS_WITHIN = 30.0
SITES = Path(__file__).parent / "sites"
CLUSTER = {
    "NOTES_DEBUG": "0",
    "NOTES_SECRET_KEY": "a-secret-for-tests-that-is-long-enough-to-be-one",
    "LITEFS_CONSUL_URL": "http://127.0.0.1:9",
    "LITEFS_CONSUL_KEY": "litefs/start",
}


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    node = Node("n0", "127.99.99.10", tmp_path, SITE, dict(CLUSTER))
    yield node
    node.clean_up()


def started(node: Node, *wrapper: str, command: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Runs litefs_start, which is expected to give up, or another command in its place."""
    arguments = command or ("litefs_start", "--", "gunicorn", "notes_site.wsgi")
    return node.manage(*arguments, timeout=ANSWERS_WITHIN, wrapper=wrapper)


def assert_refused(node: Node, done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode != 0
    message = done.stderr.strip()
    assert "Traceback" not in message, message
    for word in words:
        assert word in message, message
    files = [p for p in node.folder.rglob("*") if p.is_file()]
    assert files == [], "files appeared"
    assert not node.is_mounted()


BAD_SETTINGS = [
    ({"LITEFS_STATIC_PRIMARY": '{"hostname": "n0", "url": "http://127.99.99.10:20202"}'}, ["STATIC_PRIMARY"]),
    ({"DJANGO_SETTINGS_MODULE": "unknown_key", "PYTHONPATH": f"{SITES}:{SITE}"}, ["MOUNTPATH", "MOUNT_PATH"]),
    ({"LITEFS_DATA_PATH": "{folder}/mount"}, ["MOUNT_PATH", "DATA_PATH"]),
    ({"LITEFS_READ_WAIT": "soon"}, ["READ_WAIT", "soon"]),
    ({"LITEFS_RETENTION": "10 parsecs"}, ["RETENTION", "10 parsecs"]),
    ({"LITEFS_PROXY_ADDR": "somewhere"}, ["PROXY_ADDR", "somewhere"]),
    ({"LITEFS_CONSUL_URL": "consul:8500"}, ["CONSUL_URL"]),
    ({"LITEFS_CONSUL_KEY": ""}, ["CONSUL_KEY"]),
    ({"LITEFS_SECRET": "short"}, ["SECRET"]),
    ({"NOTES_SECRET_KEY": ""}, ["SECRET_KEY"]),
    ({"LITEFS_ADVERTISE_URL": "n0:20202"}, ["ADVERTISE_URL"]),
]


@pytest.mark.parametrize(("wrong", "words"), BAD_SETTINGS, ids=lambda value: "-".join(value)[:40])
def test_a_setting_that_cannot_work(node: Node, wrong: dict[str, str], words: list[str]) -> None:
    node.environment.update({k: v.replace("{folder}", str(node.folder)) for k, v in wrong.items()})
    assert_refused(node, started(node), *words)


def test_a_configured_cluster_without_fuse_starts_nothing(node: Node, without_fuse: tuple[str, ...]) -> None:
    assert_refused(node, started(node, *without_fuse), "/dev/fuse")


@pytest.mark.parametrize(
    "command", [("migrate",), ("shell", "-c", "from notes.models import *; Note.objects.count()")]
)
def test_a_configured_cluster_without_a_mount_creates_no_file(node: Node, command: tuple[str, ...]) -> None:
    """Somebody starts a process of the site by hand, without LiteFS; the folder of the mount is there."""
    node.mount.mkdir(parents=True)
    done = started(node, command=command)
    assert done.returncode != 0
    assert "LiteFS" in done.stderr
    assert [p for p in node.folder.rglob("*") if p.is_file()] == []


def test_three_nodes_with_a_forgotten_lease_never_become_three_sites(tmp_path: Path) -> None:
    for number in range(3):
        node = Node(f"n{number}", f"127.99.99.{10 + number}", tmp_path / f"n{number}", SITE, dict(CLUSTER))
        node.folder.mkdir()
        del node.environment["LITEFS_CONSUL_URL"], node.environment["LITEFS_CONSUL_KEY"]
        assert_refused(node, started(node), "CONSUL_URL")
