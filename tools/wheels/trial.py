"""bin/test-wheel: the wheel as a user installs it.

An empty virtual environment, `django-admin startproject`, five lines of settings; then single nodes with each server,
and three nodes with Consul and a different server each.
"""

from __future__ import annotations

import argparse
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from tools.cluster.addresses import free_network
from tools.cluster.client import Client
from tools.cluster.cluster import Cluster
from tools.cluster.node import Node
from tools.wheels import installed
from tools.wheels.targets import ROOT

SETTINGS = """
INSTALLED_APPS += ["django_litefs"]
MIDDLEWARE.insert(0, "django_litefs.middleware.ConsistencyMiddleware")
DATABASES["default"] = {"ENGINE": "django_litefs.db.backends.litefs", "NAME": "default"}
DEBUG = False
ALLOWED_HOSTS = ["*"]
"""
SERVERS = {
    "gunicorn": ("gunicorn", "mysite.wsgi"),
    "uvicorn": ("uvicorn", "mysite.asgi:application"),
    "granian": ("granian", "--interface", "wsgi", "mysite.wsgi:application"),
    "hypercorn": ("hypercorn", "mysite.asgi:application"),
}
USER = "first-user"
PASSWORD = secrets.token_urlsafe(12)


def main() -> int:
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="litefs-wheel-") as name:
        python = environment(Path(name), options)
        site = start_project(Path(name), python)
        for server in SERVERS:
            single_node(Path(name) / server, site, python, server)
        if not options.single:
            three_nodes(site, python)
    print(f"{1 + len(SERVERS) - options.single} passed, 0 failed")
    return 0


def environment(folder: Path, options: argparse.Namespace) -> str:
    with told("virtual environment, pip install") as facts:
        found = installed.install(folder, options.dist, SERVERS, python=options.python, django=options.django)
        facts += [f"Python {found.version}", f"Django {found.django}", found.tag]
    return found.python


def start_project(folder: Path, python: str) -> Path:
    site = folder / "site"
    site.mkdir()
    admin = str(Path(python).with_name("django-admin"))
    subprocess.run([admin, "startproject", "mysite", str(site)], check=True)
    with (site / "mysite" / "settings.py").open("a") as settings:
        settings.write(SETTINGS)
    return site


def single_node(folder: Path, site: Path, python: str, server: str) -> None:
    with told(f"single node, {server}") as facts:
        plain = {"DJANGO_SETTINGS_MODULE": "mysite.settings", "LITEFS_ENABLED": "false"}
        node = Node("n0", f"{free_network()}.10", folder, site, plain, SERVERS[server], python)
        try:
            node.start()
            node.wait_ready()
            create_user(node)
            log_in(node, node)
            facts.append(node.role())
            assert node.stop() == 0, node.log_tail()
        except BaseException:
            print(node.log_tail(), file=sys.stderr)
            raise
        finally:
            node.clean_up()


def three_nodes(site: Path, python: str) -> None:
    with told("three nodes with Consul: gunicorn, uvicorn, granian") as facts:
        servers = [SERVERS[name] for name in ("gunicorn", "uvicorn", "granian")]
        settings = {"DJANGO_SETTINGS_MODULE": "mysite.settings"}
        with Cluster(3, servers=servers, environment=settings, site=site, python=python) as cluster:
            replicas = cluster.replicas
            create_user(cluster.primary)
            log_in(cluster.primary, replicas[0])
            log_in(replicas[0], replicas[1])
            held = cluster.hand_off(replicas[1])
            log_in(replicas[0], cluster.primary)
            facts.append(f"handed off, held {held:g} ms")
            assert cluster.stop() == [0, 0, 0]
            assert cluster.leftovers() == []


def create_user(node: Node) -> None:
    arguments = ("createsuperuser", "--noinput", f"--username={USER}", "--email=u@example.org")
    done = node.manage(*arguments, DJANGO_SUPERUSER_PASSWORD=PASSWORD)
    assert done.returncode == 0, done.stderr


def log_in(write_at: Node, read_at: Node) -> None:
    """At one node, by Django's own view, which writes; then the page behind it at another."""
    with Client() as client:
        assert client.get(write_at.front, "/admin/login/").status == 200
        form = {"username": USER, "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        encoded, kind = urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
        answer = client.request(write_at.front, "POST", "/admin/login/?next=/admin/", encoded, kind)
        assert answer.status == 302, answer.text
        page = client.get(read_at.front, "/admin/")
        assert page.status == 200, (page.status, page.headers)
        assert USER in page.text


@contextmanager
def told(what: str) -> Iterator[list[str]]:
    """Prints what was done, how long it took, and the facts that the block adds."""
    began, facts = time.monotonic(), list[str]()
    yield facts
    print(f"{what}: {time.monotonic() - began:.1f} s", *facts, sep=", ", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/test-wheel", description=__doc__)
    parser.add_argument(
        "--python", default=sys.executable, help="interpreter to try it with (default: this one)"
    )
    parser.add_argument("--django", default="", help="version of Django (default: the locked one)")
    parser.add_argument(
        "--dist", type=Path, default=ROOT / "dist", help="folder with the wheels (default: dist)"
    )
    parser.add_argument("--single", action="store_true", help="no cluster, which needs root and /dev/fuse")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
