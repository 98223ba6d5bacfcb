"""One real cluster of three nodes for all tests that can share it; every test finds it settled."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator

import pytest

from tools.cluster import Cluster
from tools.cluster.cluster import CONSUL_PROGRAM

LINES = pytest.StashKey[list[str]]()

# Two kinds of app server: one request per connection, and threads that keep connections.
SERVERS = (
    ("gunicorn", "notes_site.wsgi", "--workers=4"),
    ("gunicorn", "notes_site.wsgi", "--workers=2", "--threads=4"),
    ("gunicorn", "notes_site.wsgi", "--workers=4"),
)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LINES] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    able = os.geteuid() == 0 and os.access("/dev/fuse", os.R_OK | os.W_OK) and CONSUL_PROGRAM.exists()
    for item in items:
        if not able and item.get_closest_marker("integration"):
            item.add_marker(pytest.mark.skip("a LiteFS cluster needs root, /dev/fuse and bin/setup"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash[LINES]:
        terminalreporter.section("measured")
        for line in config.stash[LINES]:
            terminalreporter.write_line(line)


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Says a number at the end of the run."""
    lines = request.config.stash[LINES]
    return lambda line: lines.append(f"{request.node.name}: {line}")


@pytest.fixture
def without_fuse() -> tuple[str, ...]:
    """Runs the command that follows it on a machine without /dev/fuse."""
    devices = "mknod -m 666 /dev/null c 1 3 && mknod -m 666 /dev/urandom c 1 9 && mkdir /dev/shm"
    return ("unshare", "--mount", "sh", "-c", f'mount -t tmpfs none /dev && {devices} && exec "$@"', "sh")


@pytest.fixture(scope="session")
def three_nodes() -> Iterator[Cluster]:
    with Cluster(3, servers=SERVERS) as cluster:
        yield cluster
        codes = cluster.stop()
        left = cluster.leftovers()
        assert (codes, left) == ([0, 0, 0], [])


@pytest.fixture
def cluster(three_nodes: Cluster, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    three_nodes.wait_settled()
    failures = request.session.testsfailed
    yield three_nodes
    if request.session.testsfailed > failures:
        for node in three_nodes.nodes:
            sys.stdout.write(f"--- end of the log of {node.name}\n{node.log_tail()}\n")
