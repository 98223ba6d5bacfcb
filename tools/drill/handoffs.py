"""The primary role moves on, again and again, while everybody writes."""

from __future__ import annotations

import statistics
import time

from tools.cluster import Cluster, Writers, judge, stored_tokens

from .table import Table

TIMES = 20
PAUSE = 1.0  # seconds of writing before each
MEDIAN_MS, MOST_MS = 60.0, 1000.0


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
    right = bool(held) and statistics.median(held) <= MEDIAN_MS and max(held) <= MOST_MS
    middle, most = statistics.median(held or [0]), max(held, default=0)
    table.row("all", f"p50 {middle:.0f} ms, max {most:.0f} ms; {verdict}", right and not verdict.failed)
    return table


def hand_off(table: Table, cluster: Cluster, number: int) -> list[float]:
    giving, target = cluster.primary, cluster.replicas[0]
    logs = [(node, len(node.log.read_text(errors="replace"))) for node in (giving, target)]
    try:
        held = cluster.hand_off(target)
    except RuntimeError as refused:
        table.row(f"{number}, {giving.name} -> {target.name}", str(refused), False)
        held = 0.0
    else:
        table.row(f"{number}, {giving.name} -> {target.name}", f"{held:.0f} ms")
    if not 0 < held <= 2 * MEDIAN_MS:
        for node, after in logs:
            table.show(node, after)
    return [held] if held else []
