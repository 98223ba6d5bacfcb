"""Readers that overlap on a replica do not stop replication, and the gate's owner may die."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bench.gated_pair import GatedPair
from bench.replication import GAP_S, READ_S, longest_read_of_an_orphan

pytestmark = pytest.mark.integration

SECONDS = 3.0
ARRIVED_S = 0.1  # p50 on a busy machine; 15 ms on an idle one, bench.replication says
WAITED_S = 0.3  # the same for a read when litefs-proxy is killed; its wait ends after 50 ms


@pytest.fixture(scope="module")
def gated() -> Iterator[GatedPair]:
    with GatedPair() as gated:
        yield gated


def test_writes_arrive_under_readers(gated: GatedPair, measured: Callable[[str], None]) -> None:
    p50 = {}
    for on in (False, True):
        gated.use(read_gate=on)
        arrivals, reads = gated.arrivals_under("transactions", SECONDS, each=READ_S, pause=GAP_S)
        p50[on] = arrivals["p50"]
        measured(
            f"gate {'on' if on else 'off'}: {arrivals['count']} writes arrived after "
            f"p50 {arrivals['p50'] * 1e3:.0f} ms, max {arrivals['longest'] * 1e3:.0f} ms, "
            f"beside {sum(one['count'] for one in reads):.0f} reads"
        )
        assert arrivals["count"] > 20
    gate = gated.gate()
    assert gate["closings"] > 10
    assert gate["waited"] > 10
    assert p50[True] < ARRIVED_S
    assert p50[True] < p50[False] / 3


def test_readers_go_on_without_litefs_proxy(gated: GatedPair, measured: Callable[[str], None]) -> None:
    waited = longest_read_of_an_orphan(gated, SECONDS)
    measured(f"litefs-proxy killed under readers: the longest one waited {waited * 1e3:.0f} ms")
    assert waited < WAITED_S
