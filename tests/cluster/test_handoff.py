"""The primary changes hands while everybody writes."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tools.cluster import Cluster, Outcome, Writers, judge, stored_tokens

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
