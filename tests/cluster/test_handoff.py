"""The primary changes hands while everybody writes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

from django_litefs import _core
from tools.cluster import Cluster, Outcome, Writers, judge, stored_tokens, until

pytestmark = pytest.mark.integration

HANDOFFS = 3
WRITING = 1.0  # seconds before and after each handoff


def test_writers_do_not_notice(cluster: Cluster, measured: Callable[[str], None]) -> None:
    held = []
    with Writers(cluster.nodes, count=8) as writers:
        for _ in range(HANDOFFS):
            time.sleep(WRITING)
            target = cluster.replicas[0]
            held.append(cluster.hand_off(target))
            assert cluster.primary is target
        time.sleep(WRITING)
    cluster.wait_settled()
    failures = [a for a in writers.attempts if a.outcome is not Outcome.OK]
    for node in cluster.nodes:
        verdict = judge(writers.attempts, stored_tokens(node))
        assert verdict.right, f"as {node.name} shows it: {verdict}"
    measured(f"{HANDOFFS} handoffs, writes held {[round(ms) for ms in held]} ms: {verdict}")
    assert verdict.failed == 0, [a.detail for a in failures[:5]]
    assert verdict.longest < 5


def test_a_primary_that_stops_hands_off_first(cluster: Cluster, measured: Callable[[str], None]) -> None:
    leaving = cluster.primary
    with Writers(cluster.replicas, count=8) as writers:
        time.sleep(WRITING)
        assert leaving.stop() == 0
        time.sleep(WRITING)
    leaving.start()
    cluster.wait_settled()
    assert cluster.primary is not leaving
    verdict = judge(writers.attempts, stored_tokens(cluster.primary))
    measured(f"the primary stopped under writers: {verdict}")
    assert verdict.right, str(verdict)
    assert verdict.failed == 0, [a.detail for a in writers.attempts if a.outcome is not Outcome.OK][:5]


def test_a_frozen_primary_is_noticed(cluster: Cluster, measured: Callable[[str], None]) -> None:
    """LiteFS itself would not notice for a minute; shorter than the lease, so the role stays where it is."""
    frozen, replicas = cluster.primary, cluster.replicas
    pid = until(frozen.litefs_pid, "LiteFS runs", within=10)
    os.kill(pid, signal.SIGSTOP)
    at = time.monotonic()
    try:
        until(lambda: all(n.role() == "disconnected" for n in replicas), "both replicas noticed", within=6)
        measured(f"both replicas noticed after {time.monotonic() - at:.1f} s")
    finally:
        os.kill(pid, signal.SIGCONT)
    cluster.wait_settled()
    assert cluster.primary is frozen


def test_a_mount_tells_the_new_role_at_once(cluster: Cluster) -> None:
    """It is what processes go by where no litefs-proxy runs; the kernel would remember the old one for a minute."""

    def writable() -> dict[str, bool]:
        return {node.name: _core.inspect_mount(str(node.mount)).writable for node in cluster.nodes}

    assert list(writable().values()).count(True) == 1
    target = cluster.replicas[0]
    cluster.hand_off(target)
    assert cluster.primary is target
    assert writable() == {node.name: node is target for node in cluster.nodes}
