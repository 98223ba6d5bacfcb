"""LiteFS killed, a whole node killed: what clients see, and how soon all is well again."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tools.cluster import (
    Attempt,
    Client,
    Cluster,
    NoAnswerError,
    Node,
    NotSentError,
    Read,
    Visitors,
    judge,
    stored_tokens,
    until,
)

pytestmark = pytest.mark.integration

VISITORS = 6
PAUSE = 0.05  # seconds between a visitor's turns: load, but not all of the machine
BEFORE, AFTER = 1.0, 2.0  # seconds of load around the fault
READS_AGAIN_WITHIN = 5.0
NO_REQUEST_TAKES = 10.0


def reads_here(node: Node) -> bool:
    """The node's own app serves a page that needs its database."""
    with Client(timeout=READS_AGAIN_WITHIN) as client:
        try:
            answer = client.get(node.front, "/api/notes/?token=none")
        except (NotSentError, NoAnswerError):
            return False
        return answer.status == 200 and answer.served_by[0] == node.name


@pytest.mark.parametrize("role", ["replica", "primary"])
def test_litefs_killed(cluster: Cluster, measured: Callable[[str], None], role: str) -> None:
    node = cluster.primary if role == "primary" else cluster.replicas[0]
    apps = node.app_pids()
    with Visitors(cluster.nodes, VISITORS, PAUSE) as visitors:
        time.sleep(BEFORE)
        killed = node.kill_litefs()
        at = time.monotonic()
        until(lambda: node.litefs_pid() not in (None, killed), "LiteFS was started again", within=30)
        until(lambda: reads_here(node), f"{node.name} serves reads again", within=30)
        reads_after = time.monotonic() - at
        writing = until(lambda: cluster.primary, "a primary", within=30)
        until(
            lambda: any(a.started > at and a.outcome.name == "OK" for a in list(visitors.attempts)),
            "writes",
            60,
        )
        time.sleep(AFTER)
    cluster.wait_settled()
    verdict = judge(visitors.attempts, stored_tokens(cluster.primary))
    stale = [read for read in visitors.reads if read.stale]
    requests: list[Attempt | Read] = [*visitors.attempts, *visitors.reads]
    longest = max(r.seconds for r in requests)
    under_way = max((r.seconds for r in requests if r.started < at < r.started + r.seconds), default=0.0)
    failed_reads = sum(read.status != 200 for read in visitors.reads)
    measured(
        f"reads at {node.name} again after {reads_after:.1f} s, primary {writing.name}; "
        f"longest request {longest:.1f} s ({under_way:.1f} s of those under way at the kill); "
        f"{len(stale)} stale unmarked of {len(visitors.reads)} reads, "
        f"{failed_reads} failed; {verdict}"
    )
    assert not stale
    assert not verdict.duplicates
    assert not verdict.ghosts
    assert node.app_pids() == apps, "the app was restarted"
    assert reads_after < READS_AGAIN_WITHIN
    assert longest < NO_REQUEST_TAKES


def test_primary_node_killed(cluster: Cluster, measured: Callable[[str], None]) -> None:
    """At default settings: Consul gives the lease away after at most twice its TTL."""
    lost_node, survivors = cluster.primary, cluster.replicas
    with Visitors(survivors, VISITORS, PAUSE) as visitors:
        time.sleep(BEFORE)
        lost_node.kill()
        at = time.monotonic()
        until(lambda: any(node.role() == "primary" for node in survivors), "a new primary", within=40)
        elected = time.monotonic() - at
        time.sleep(AFTER)
    lost_node.start()
    cluster.wait_settled()
    verdict = judge(visitors.attempts, stored_tokens(cluster.primary))
    stale = [read for read in visitors.reads if read.stale]
    reads = f"{len(stale)} stale unmarked of {len(visitors.reads)} reads"
    measured(f"new primary after {elected:.1f} s; {verdict}; {reads}")
    assert not stale
    assert not verdict.duplicates
    assert not verdict.ghosts
    assert verdict.longest < 30
