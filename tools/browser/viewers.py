"""What viewers cost: the CPU time of a node's litefs-proxy with and without them."""

from __future__ import annotations

import http.client
import os
import threading
import time
from contextlib import closing

from tools.cluster import Node, processes

FOR_S = 10.0
LIMIT_S = 10.0


def cpu_seconds(node: Node) -> float:
    """Of its litefs-proxy so far."""
    for pid in (node.pid, *processes.descendants(node.pid)):
        words = processes.command(pid)
        if len(words) > 1 and words[0].endswith("litefs-proxy") and words[1] == "run":
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                fields = file.read().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    raise SystemExit(f"{node.name} has no litefs-proxy")


def look(node: Node, over: threading.Event, received: list[int]) -> None:
    host, _, port = node.admin.rpartition(":")
    with closing(http.client.HTTPConnection(host, int(port), timeout=LIMIT_S)) as connection:
        connection.request("GET", "/litefs/events")
        stream = connection.getresponse()
        while not over.is_set():
            received.append(len(stream.readline()))


def share_of_cpu(node: Node, viewers: int) -> tuple[float, int]:
    """Percent of one core, and bytes received, while so many look."""
    over, received = threading.Event(), list[int]()
    threads = [threading.Thread(target=look, args=(node, over, received)) for _ in range(viewers)]
    for thread in threads:
        thread.start()
    before, at = cpu_seconds(node), time.monotonic()
    time.sleep(FOR_S)
    spent = (cpu_seconds(node) - before) / (time.monotonic() - at)
    over.set()
    for thread in threads:
        thread.join()
    return 100 * spent, sum(received)
