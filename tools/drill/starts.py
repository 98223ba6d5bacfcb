"""After a full stop: which node becomes primary, in whatever order they come back; and a newcomer's start."""

from __future__ import annotations

import itertools
import time

from tools.cluster import Client, Cluster, Node, Writers, judge, stored_tokens, until, write_note

from .table import Table

COLD_START_WAIT = 4.0
BETWEEN_STARTS = 2.0  # seconds: a node is well up before the next one starts
SETTLED_WITHIN = 90.0
ENVIRONMENT = {"LITEFS_COLD_START_WAIT": f"{COLD_START_WAIT:g}s"}


def drill(_times: int) -> Table:
    table = Table("Cold starts: how they stopped, in which order they started, who became primary")
    with Cluster(3, environment=ENVIRONMENT) as cluster:
        for how in ("in order", "power loss"):
            for order in itertools.permutations(cluster.nodes):
                cold_start(table, cluster, how, list(order))
        last_alone(table, cluster)
        one_alone(table, cluster)
    return table


def cold_start(table: Table, cluster: Cluster, how: str, order: list[Node]) -> None:
    tokens = written(cluster)
    before = cluster.primary
    stop(cluster, how)
    last = before if how == "power loss" else cluster.nodes[-1]
    started = time.monotonic()
    for node in order:
        node.start()
        time.sleep(BETWEEN_STARTS)
    cluster.wait_settled(SETTLED_WITHIN)
    primary, seconds = cluster.primary, time.monotonic() - started
    lost = [token for token in tokens if token not in stored_tokens(primary)]
    names = " ".join(node.name for node in order)
    table.row(
        f"{how}, last primary {last.name}, started {names}",
        f"{primary.name} after {seconds:.1f} s, {len(lost)} of {len(tokens)} acknowledged rows lost",
        not lost,
    )


def last_alone(table: Table, cluster: Cluster) -> None:
    """Stopped in order, the last one knows that nobody can hold more: it starts alone, at once."""
    tokens = written(cluster)
    stop(cluster, "in order")
    last = cluster.nodes[-1]
    started = time.monotonic()
    last.start()
    until(lambda: last.role() == "primary" and last.is_ready(), "the last one leads", 60)
    seconds = time.monotonic() - started
    lost = [token for token in tokens if token not in stored_tokens(last)]
    table.row("in order, the last primary alone", f"primary after {seconds:.1f} s", not lost)
    for node in cluster.nodes[:-1]:
        node.start()
    cluster.wait_settled(SETTLED_WITHIN)


def one_alone(table: Table, cluster: Cluster) -> None:
    """After a power loss nobody knows that: reads only, a line that says so, and the way out."""
    tokens = written(cluster)
    stop(cluster, "power loss")
    first = cluster.nodes[0]
    first.start()
    first.wait_ready()
    facts = first.health()
    says = first.said("may hold more and cannot be reached")
    reads = set(tokens) <= set(stored_tokens(first))
    right = facts["role"] != "primary" and says and reads
    table.row(
        "power loss, one alone", f"role {facts['role']}, serves reads: {reads}, says why: {says}", right
    )
    done = first.manage("litefs_primary", "--promote", "--force")
    until(lambda: first.role() == "primary", "it leads by force", 30)
    table.row("the same, --promote --force", f"{done.stdout.strip()}", done.returncode == 0)
    for node in cluster.nodes[1:]:
        node.start()
    cluster.wait_settled(SETTLED_WITHIN)
    table.row("the others come", f"primary {cluster.primary.name}", cluster.primary is first)


def drill_join(_times: int) -> Table:
    table = Table("A fourth, empty node joins under load")
    cluster = Cluster(4, environment=ENVIRONMENT)
    fourth = cluster.nodes.pop()
    with cluster:
        with Writers(cluster.nodes, count=8, pause=0.02) as writers:
            time.sleep(3)
            started = time.monotonic()
            cluster.nodes = [*cluster.nodes, fourth]
            fourth.start()
            fourth.wait_ready()
            seconds = time.monotonic() - started
            time.sleep(2)
        cluster.wait_settled(SETTLED_WITHIN)
        verdict = judge(writers.attempts, stored_tokens(fourth))
        table.row("joins", f"serves after {seconds:.1f} s; {verdict}", verdict.right and not verdict.failed)
        newcomer_alone(table, cluster)
    return table


def newcomer_alone(table: Table, cluster: Cluster) -> None:
    """All others die while it is empty again: it must not lead."""
    fourth = cluster.nodes[3]
    fourth.stop()
    fourth.forget()
    stop(cluster, "power loss")
    fourth.start()
    until(lambda: fourth.said("must not become it"), "it says that it does not lead", 30)
    role = fourth.role()
    table.row("empty, with nobody there", f"role {role}", role != "primary")
    for node in cluster.nodes[:3]:
        node.start()
    cluster.wait_settled(SETTLED_WITHIN)
    table.row("the others come", f"primary {cluster.primary.name}", cluster.primary is not fourth)


def written(cluster: Cluster) -> list[str]:
    cluster.wait_settled(SETTLED_WITHIN)
    with Client() as client:
        tokens = [write_note(client, node).token for node in cluster.nodes for _ in range(3)]
    cluster.wait_settled(SETTLED_WITHIN)
    return tokens


def stop(cluster: Cluster, how: str) -> None:
    running = [node for node in cluster.nodes if node.running]
    if how == "in order":
        for node in running:
            node.stop()
        return
    for node in running:
        node.freeze()
    for node in running:
        node.kill()
