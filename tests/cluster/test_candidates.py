"""Candidates that freeze, leave, die, or come back with an old copy, and what becomes of replicated writes."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.cluster import Client, Cluster, Node, Outcome, processes, stored_tokens, until, write_note
from tools.cluster.load import REPLICATED_NOTES

pytestmark = pytest.mark.integration

ROWS = 50
WITHIN = 30.0
NEW_PRIMARY_WITHIN = 60.0


@pytest.fixture(scope="module")
def trio() -> Iterator[Cluster]:
    with Cluster(3) as cluster:
        yield cluster


def replicated(node: Node) -> tuple[str, str]:
    """One write: its token, and how it was acknowledged."""
    with Client() as client:
        attempt = write_note(client, node, REPLICATED_NOTES)
    assert attempt.outcome is Outcome.OK, attempt
    return attempt.token, attempt.replicated


def until_all_confirm(node: Node) -> None:
    until(lambda: replicated(node)[1] == "all", "every candidate has a write", WITHIN)


def test_a_candidate_that_freezes_leaves_or_dies(trio: Cluster) -> None:
    primary, (first, second) = trio.primary, trio.replicas
    until_all_confirm(primary)

    frozen = first.freeze()
    assert replicated(primary)[1] == "no", "a frozen one may wake up and become primary"
    processes.kill(frozen, signal.SIGCONT)
    until_all_confirm(primary)

    assert second.stop() == 0
    until_all_confirm(primary)  # who leaves properly is not waited for

    first.kill()
    assert replicated(primary)[1] == "no", "nobody is left that could have it"

    first.start()
    second.start()
    trio.wait_settled()
    until_all_confirm(primary)


def test_an_old_copy_joins_and_the_primary_is_killed_at_once(trio: Cluster, tmp_path: Path) -> None:
    trio.wait_settled()
    doomed, (restored, _) = trio.primary, trio.replicas
    copy = tmp_path / "copy"
    assert restored.stop() == 0
    shutil.copytree(restored.data, copy, ignore=shutil.ignore_patterns("*.sock"))
    restored.start()
    trio.wait_settled()
    until_all_confirm(doomed)
    written = [replicated(doomed) for _ in range(ROWS)]
    acknowledged = {token for token, how in written if how == "all"}
    assert len(acknowledged) > ROWS / 2

    restored.kill()
    shutil.rmtree(restored.data)
    shutil.copytree(copy, restored.data)
    restored.start()
    until(restored.litefs_pid, "the restored node runs LiteFS", WITHIN)
    doomed.kill()
    trio.consul.end_lease(trio.lease_key)

    survivors = [node for node in trio.nodes if node is not doomed]
    heir = until(
        lambda: next((node for node in survivors if node.role() == "primary"), None),
        "a survivor is primary",
        NEW_PRIMARY_WITHIN,
    )
    assert acknowledged - set(stored_tokens(heir)) == set()
