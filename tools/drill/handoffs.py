"""The primary role moves on, again and again, while everybody writes."""

from __future__ import annotations

import re
import statistics
import time

from tools.cluster import Cluster, Writers, judge, stored_tokens

from .table import Table

TIMES = 20
PAUSE = 1.0  # seconds of writing before each
MOST_MS = 1000.0
STAGES = [
    re.compile(words + r" (\d+) ms")
    for words in ("running writes ended after", "locked out after", "caught up after")
]


def drill(times: int) -> Table:
    table = Table("Planned handoffs under 8 writers: how long writes were held")
    held: list[float] = []
    with Cluster(3) as cluster:
        with Writers(cluster.nodes, count=8, pause=0.02) as writers:
            for number in range(1, (times or TIMES) + 1):
                time.sleep(PAUSE)
                held += hand_off(table, cluster, number)
            time.sleep(PAUSE)
        cluster.wait_settled()
        verdict = judge(writers.attempts, stored_tokens(cluster.primary))
    middle, most = statistics.median(held or [0]), max(held, default=0)
    right = verdict.right and not verdict.failed and most <= MOST_MS
    table.row("all", f"p50 {middle:.0f} ms, max {most:.0f} ms; {verdict}", right)
    return table


def hand_off(table: Table, cluster: Cluster, number: int) -> list[float]:
    giving, target = cluster.primary, cluster.replicas[0]
    logs = [(node, len(node.log.read_text(errors="replace"))) for node in (giving, target)]
    case = f"{number}, {giving.name} -> {target.name}"
    try:
        held = cluster.hand_off(target)
    except RuntimeError as refused:
        table.row(case, str(refused), False)
        for node, after in logs:
            table.show(node, after)
        return []
    said = "".join(node.log.read_text(errors="replace")[after:] for node, after in logs)
    writes, lock, caught_up = (int(m[1]) if (m := look.search(said)) else -1 for look in STAGES)
    stages = f"running writes ended after {writes} ms, locked after {lock}, caught up after {caught_up}"
    table.row(case, f"{held:.0f} ms: {stages}, LiteFS {held - caught_up:.0f}")
    return [held]
