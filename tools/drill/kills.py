"""kill -9 of the primary's LiteFS under load, again and again."""

from __future__ import annotations

import statistics
import time

from tools.cluster import Cluster, Outcome, Writers, judge, stored_tokens, until

from .table import Table

TIMES = 20
NEW_PRIMARY_WITHIN = 2.0
LOAD_BEFORE, LOAD_AFTER = 1.0, 1.0
BETWEEN = 12.0  # seconds: a LiteFS that ends 6 times within a minute is given up


def drill(times: int) -> Table:
    table = Table("kill -9 of the primary's LiteFS: a new primary within 2 s")
    with Cluster(3) as cluster:
        seconds = [kill(table, cluster, number) for number in range(1, (times or TIMES) + 1)]
    table.row(
        "all",
        f"new primary p50 {statistics.median(seconds):.2f} s, max {max(seconds):.2f} s",
        not table.wrong,
    )
    return table


def kill(table: Table, cluster: Cluster, number: int) -> float:
    time.sleep(BETWEEN)
    cluster.wait_settled()
    victim = cluster.primary
    pids = victim.app_pids()
    with Writers(cluster.nodes, count=8, pause=0.01) as writers:
        time.sleep(LOAD_BEFORE)
        victim.kill_litefs()
        at = time.monotonic()
        until(lambda: first_success(writers, at), "a write works again", 30)
        seconds = first_success(writers, at) or 0.0
        time.sleep(LOAD_AFTER)
    cluster.wait_settled()
    verdict = judge(writers.attempts, stored_tokens(cluster.primary))
    same_app = victim.app_pids() == pids
    right = seconds <= NEW_PRIMARY_WITHIN and same_app and not (verdict.duplicates or verdict.ghosts)
    table.row(
        f"{number}",
        f"writes again after {seconds:.2f} s, {victim.name} -> {cluster.primary.name}, "
        f"app untouched: {same_app}; {verdict}",
        right,
    )
    return seconds


def first_success(writers: Writers, after: float) -> float | None:
    """How long after the kill the first write that was begun after it was acknowledged."""
    done = [
        a.started + a.seconds - after
        for a in list(writers.attempts)
        if a.outcome is Outcome.OK and a.started > after
    ]
    return min(done, default=None)
