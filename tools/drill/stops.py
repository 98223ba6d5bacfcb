"""The primary as PID 1 of a PID namespace, stopped under load by SIGTERM and by SIGINT with 5 s to live."""

from __future__ import annotations

import os
import signal
import time

from tools.cluster import Cluster, Node, Outcome, Writers, judge, processes, stored_tokens, until

from .table import Table

TIMES = 20
PID_1 = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child=KILL")
UVICORN = ("uvicorn", "notes_site.asgi:application")
FLY_STOPS_WITHIN = 5.0


def drill(times: int) -> Table:
    table = Table("The primary, PID 1 of its namespace, is stopped under 8 writers at the others")
    for server in (None, UVICORN):
        cluster = Cluster(3)
        for node in cluster.nodes:
            node.wrapper, node.server = PID_1, server or node.server
        with cluster:
            for number in range(1, (times or TIMES) + 1):
                number_of_signal = signal.SIGINT if number % 4 == 0 else signal.SIGTERM
                stop(table, cluster, number, number_of_signal)
    return table


def stop(table: Table, cluster: Cluster, number: int, how: signal.Signals) -> None:
    cluster.wait_settled()
    leaving = cluster.primary
    inside = pid_1(leaving)
    zombies = [pid for pid in processes.descendants(leaving.pid) if processes.is_zombie(pid)]
    at_log = len(leaving.log.read_text(errors="replace"))
    with Writers(cluster.replicas, count=8) as writers:
        time.sleep(1)
        at = time.monotonic()
        os.kill(inside, how)
        code = leaving.wait_end()
        seconds = time.monotonic() - at
        time.sleep(1)
    mounted = leaving.is_mounted()
    leaving.start()
    cluster.wait_settled()
    verdict = judge(writers.attempts, stored_tokens(cluster.primary))
    handed_off = cluster.primary is not leaving
    right = (
        code == 0
        and handed_off
        and not mounted
        and not zombies
        and verdict.right
        and not verdict.failed
        and (how is signal.SIGTERM or seconds < FLY_STOPS_WITHIN)
    )
    if not right:
        table.show(leaving, at_log)
    worst = max((a.seconds for a in writers.attempts if a.outcome is Outcome.OK), default=0.0)
    table.row(
        f"{leaving.server[0]} {number}, {how.name}",
        f"code {code} in {seconds:.1f} s, handed off: {handed_off}, longest write {worst * 1000:.0f} ms, "
        f"{verdict.failed} failed, {len(verdict.lost)} lost, {len(zombies)} zombies, dead mount: {mounted}",
        right,
    )


def pid_1(node: Node) -> int:
    """litefs-proxy, which is PID 1 inside; its parent, unshare, is what we started."""

    def find() -> int | None:
        for pid in processes.descendants(node.pid):
            if (
                os.path.basename(processes.command(pid)[0]) == "litefs-proxy"
                and processes.inner_pid(pid) == 1
            ):
                return pid
        return None

    return until(find, "litefs-proxy is PID 1", 10)
