"""A connection per request while the primary writes ends in SIGBUS, unless somebody keeps one open."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.cluster import Client, Cluster, NoAnswerError, Node, NotSentError, Writers
from tools.cluster.cluster import SITE

pytestmark = pytest.mark.integration

REQUESTS = 2000
READERS = 4
SITES = Path(__file__).parent / "sites"
DIED = re.compile(r"Worker \(pid:\d+\) was sent SIGBUS")


def read(address: str, times: int) -> list[int]:
    """Asks for a page that reads the database; the processes that answered (0: none did)."""
    pids = []
    with Client(timeout=20) as client:
        for _ in range(times):
            try:
                answer = client.get(address, "/api/notes/?token=none")
                pids.append(answer.served_by[2] if answer.status == 200 else 0)
            except (NotSentError, NoAnswerError):
                pids.append(0)
    return pids


@contextmanager
def restarted(node: Node, **environment: str) -> Iterator[Node]:
    """The node with other environment variables inside the block, and as before after it."""
    before = dict(node.environment)
    try:
        node.environment.update(environment)
        assert node.stop() == 0
        node.start()
        node.wait_ready()
        yield node
    finally:
        node.environment = before
        assert node.stop() == 0
        node.start()
        node.wait_ready()


def test_workers_of_a_replica_survive(cluster: Cluster, measured: Callable[[str], None]) -> None:
    replica = cluster.replicas[0]
    with restarted(replica, DJANGO_SETTINGS_MODULE="reopening", PYTHONPATH=f"{SITES}:{SITE}"):
        with Writers([cluster.primary], count=1) as writers, ThreadPoolExecutor(READERS) as pool:
            parts = pool.map(lambda times: read(replica.front, times), [REQUESTS // READERS] * READERS)
            pids = [pid for part in parts for pid in part]
        log = replica.log.read_text(errors="replace")
    measured(
        f"{len(pids)} requests at {replica.name}, {pids.count(0)} failed, "
        f"{len(writers.attempts)} writes meanwhile"
    )
    assert len(pids) == REQUESTS
    assert 0 not in pids
    assert not DIED.search(log)
