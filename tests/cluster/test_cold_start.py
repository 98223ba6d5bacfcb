"""After a full stop, and with nothing: who may become primary. `bin/drill starts joins` has every order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tools.cluster import Client, Cluster, Node, stored_tokens, until, write_note

pytestmark = pytest.mark.integration

LEADS_WITHIN = 30.0


@pytest.fixture
def pair() -> Iterator[Cluster]:
    with Cluster(2, environment={"LITEFS_COLD_START_WAIT": "2s"}) as cluster:
        yield cluster


def refuses(node: Node, why: str) -> None:
    """It does not lead, says so, and serves reads."""
    at = len(node.log.read_text())
    node.start()
    until(
        lambda: node.said("must not become it", at), f"{node.name} says that it does not lead", LEADS_WITHIN
    )
    assert node.said(why, at), node.log_tail()
    assert node.role() in ("unknown", "disconnected")  # a dead primary may still hold the lease


def test_who_leads_after_a_full_stop(pair: Cluster) -> None:
    first, last = pair.nodes
    with Client() as client:
        token = write_note(client, first).token
    pair.wait_settled()
    assert [first.stop(), last.stop()] == [0, 0]

    refuses(first, "n1 may hold more and cannot be reached")
    first.wait_ready()
    assert stored_tokens(first) == [token]
    last.start()
    pair.wait_settled()
    assert pair.primary is last
    pair.hand_off(first)  # it is a candidate by now

    last.stop()
    last.forget()
    last.start()  # as a new machine
    pair.wait_settled()
    assert pair.primary is first
    pair.hand_off(last)
    assert stored_tokens(last) == [token]

    for node in pair.nodes:
        node.freeze()
    for node in pair.nodes:
        node.kill()
    first.forget()
    refuses(first, "it has never held the data of this cluster")
    first.kill()
    last.forget_memory()
    refuses(last, "it has never held the data of this cluster")
    assert last.manage("litefs_primary", "--promote", "--force").returncode == 0
    until(lambda: last.role() == "primary", "it leads by force", LEADS_WITHIN)
    first.start()
    pair.wait_settled()
    assert stored_tokens(first) == [token]
