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


# What the environment says, the key that the error names, and the fix in it.
BAD_SETTINGS = [
    (
        {"DJANGO_SETTINGS_MODULE": "unknown_key", "PYTHONPATH": f"{SITES}:{SITE}"},
        "MOUNTPATH",
        "mean 'MOUNT_PATH'?",
    ),
    ({"LITEFS_MOUNT_PATH": "litefs"}, "MOUNT_PATH", "absolute path"),
    ({"LITEFS_DATA_PATH": "{folder}/mount"}, "DATA_PATH", "give each a folder of its own"),
    ({"LITEFS_DATA_PATH": "{folder}/mount/data"}, "DATA_PATH", "put it elsewhere"),
    ({"LITEFS_DATABASE_NAME": "db/notes.sqlite3"}, "DATABASE_NAME", "plain file name such as"),
    ({"LITEFS_DATABASE_NAME": "notes-wal"}, "DATABASE_NAME", "choose another name"),
    ({"LITEFS_DATABASES": "a,b,c,d,e,f,g,h"}, "DATABASES", "at most 8"),
    ({"LITEFS_ENABLED": "1", "LITEFS_CONSUL_URL": ""}, "ENABLED", "set LITEFS['CONSUL_URL']"),
    ({"LITEFS_CONSUL_URL": ""}, "ENABLED", "Set LITEFS['CONSUL_URL']"),
    ({"LITEFS_CONSUL_URL": "consul:8500"}, "CONSUL_URL", "write 'http://host:port'"),
    ({"LITEFS_CONSUL_KEY": ""}, "CONSUL_KEY", "name the lease of this site, e.g."),
    ({"LITEFS_CONSUL_TTL": "5s"}, "CONSUL_TTL", "Consul takes 10s to 24h"),
    ({"LITEFS_CONSUL_LOCK_DELAY": "90s"}, "CONSUL_LOCK_DELAY", "at most 60s"),
    ({"LITEFS_LEASE_URL": "http://127.0.0.1:8"}, "LEASE_URL", "keep CONSUL_URL only"),
    (
        {"LITEFS_STATIC_PRIMARY": '{"hostname": "n0", "url": "http://n0:20202"}'},
        "STATIC_PRIMARY",
        "remove one",
    ),
    (
        {"LITEFS_CONSUL_URL": "", "LITEFS_STATIC_PRIMARY": '{"hostname": "n0"}'},
        "STATIC_PRIMARY",
        "needs exactly",
    ),
    ({"LITEFS_HOSTNAME": "n 0"}, "HOSTNAME", "letters, digits"),
    ({"LITEFS_ADVERTISE_URL": ""}, "ADVERTISE_URL", "e.g. 'http://"),
    ({"LITEFS_ADVERTISE_URL": "n0:20202"}, "ADVERTISE_URL", "write 'http://host:port'"),
    ({"LITEFS_ADVERTISE_URL": "http://8.8.8.8:20202"}, "ADVERTISE_URL", "use a private network"),
    ({"LITEFS_HTTP_ADDR": ":20202"}, "HTTP_ADDR", "name one private address"),
    ({"LITEFS_PRIMARY_URL": "http://front:8081"}, "PRIMARY_URL", "must contain {hostname}"),
    ({"LITEFS_PRIMARY_URL": '{"n1": "http://n1:8081"}'}, "PRIMARY_URL", "the list of all nodes"),
    ({"LITEFS_PRIMARY_URL": '{"n1"'}, "PRIMARY_URL", "not JSON"),
    ({"LITEFS_SECRET": "short"}, "SECRET", "at least 16 characters"),
    ({"NOTES_SECRET_KEY": ""}, "SECRET_KEY", "set SECRET_KEY or LITEFS['SECRET']"),
    ({"LITEFS_PROXY_ADDR": "somewhere"}, "PROXY_ADDR", "write 'host:port'"),
    ({"LITEFS_PROXY_TARGET": ":8000"}, "PROXY_TARGET", "write '127.0.0.1:8000'"),
    ({"LITEFS_ADMIN_ADDR": ":8081"}, "ADMIN_ADDR", "choose another one"),
    ({"LITEFS_TLS_ADDR": ":8443"}, "TLS_ADDR", "needs LITEFS['TLS_CERT'] and LITEFS['TLS_KEY']"),
    ({"LITEFS_TLS_CERT": "/cert.pem"}, "TLS_CERT", "LITEFS['TLS_ADDR']: write"),
    ({"LITEFS_PEER_TLS_KEY": "/key.pem"}, "PEER_TLS_KEY", "write both, or none"),
    ({"LITEFS_READ_WAIT": "soon"}, "READ_WAIT", "a number and a unit, such as"),
    ({"LITEFS_RETENTION": "10 parsecs"}, "RETENTION", "a number and a unit, such as"),
    ({"LITEFS_STOP_TIMEOUT": "0s"}, "STOP_TIMEOUT", "must be longer than 0s"),
    ({"LITEFS_ACK_TIMEOUT": "5s"}, "ACK_TIMEOUT", "above 2s"),
    ({"LITEFS_ACK": "all"}, "ACK", "one of local, replicated"),
    ({"LITEFS_TRANSPORT": "fly-replay"}, "TRANSPORT", "write 'auto'"),
    ({"LITEFS_CANDIDATE": "maybe"}, "CANDIDATE", "write true or false"),
    ({"LITEFS_TARGET_CONNECTIONS": "many"}, "TARGET_CONNECTIONS", "write a whole number"),
    ({"LITEFS_PASSTHROUGH": "static/*"}, "PASSTHROUGH", "begin it with '/'"),
    ({"LITEFS_PASSTHROUGH": "/a/*", "LITEFS_ALWAYS_FORWARD": "/a/*"}, "ALWAYS_FORWARD", "keep it in one"),
    ({"LITEFS_TRUSTED_PROXIES": "balancer"}, "TRUSTED_PROXIES", "write '10.0.0.0/8'"),
    ({"LITEFS_COOKIE_NAME": "a b"}, "COOKIE_NAME", "write for example"),
    ({"LITEFS_COOKIE_DOMAIN": "a b"}, "COOKIE_DOMAIN", "write for example"),
    ({"LITEFS_USER": "nobody-of-that-name"}, "USER", "no such user"),
    ({"LITEFS_PROCESSES": '[{"name": "w", "cmd": ["true"], "run_on": "primary"}]'}, "run_on", "run-on"),
    ({"LITEFS_PROXY_EXTRA": '{"drain-delai": "1s"}'}, "drain-delai", "drain-delay"),
    ({"LITEFS_EXTRA": '{"lease": {"candidat": true}}'}, "candidat", "mean 'candidate'?"),
    ({"LITEFS_EXTRA": '{"lease": {"reconnect-delay": 5}}'}, "reconnect-delay", "write it with a unit"),
    ({"LITEFS_EXTRA": '{"fuse": {"dir": "/litefs"}}'}, "fuse.dir", "set LITEFS['MOUNT_PATH']"),
    ({"LITEFS_EXTRA": '{"exec": "gunicorn"}'}, "exec", "Remove it"),
]


@pytest.mark.parametrize(("wrong", "key", "fix"), BAD_SETTINGS, ids=lambda value: "-".join(value)[:40])
def test_a_setting_that_cannot_work(node: Node, wrong: dict[str, str], key: str, fix: str) -> None:
    node.environment.update({k: v.replace("{folder}", str(node.folder)) for k, v in wrong.items()})
    done = started(node)
    assert_refused(node, done, key, fix)
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr


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
