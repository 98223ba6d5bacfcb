"""Writes that are answered when every candidate has them: a handoff under them, and the loss of the primary."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from bench.acknowledged import DELAY_S, crash
from tools.cluster import Cluster, Outcome, Writers
from tools.cluster.load import REPLICATED_NOTES
from tools.cluster.relay import at_a_distance

pytestmark = pytest.mark.integration

SEED, ROWS = 1, 100
WRITERS = 8
AROUND_S = 1.0


def test_replicated_writes_survive(measured: Callable[[str], None]) -> None:
    """Replication takes 100 ms; with the primary all that is under way to its replica is lost."""
    cluster = Cluster(2)
    with at_a_distance(cluster, DELAY_S) as relays, cluster:
        held, answers = handoff(cluster)
        found = crash(cluster, relays, SEED, ROWS)
    measured(
        f"handoff: held {held:.0f} ms, {answers} replicated writes; machine lost: {found.replicated_lost} of "
        f"{found.replicated} replicated writes lost, {found.local_lost} of {found.local} of the others"
    )
    assert found.replicated >= ROWS
    assert found.replicated_lost == 0
    assert found.local_lost > 0, "this run shows nothing: local writes are to be lost, too"


def handoff(cluster: Cluster) -> tuple[float, int]:
    """No write fails in it; how long writes were held, and how many were acknowledged."""
    with Writers(cluster.nodes, WRITERS, path=REPLICATED_NOTES) as writers:
        time.sleep(AROUND_S)
        held = cluster.hand_off(cluster.replicas[0])
        time.sleep(AROUND_S)
    assert [a for a in writers.attempts if a.outcome is not Outcome.OK] == []
    told = [a.replicated for a in writers.attempts]
    assert told.count("all") > len(told) / 2
    return held, len(told)
