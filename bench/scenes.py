"""What several threads or processes do to one database at once, and what only our own backend has."""

from __future__ import annotations

import contextlib
import logging
import select
import sys
import threading
import time
from typing import Any

from django.db import DatabaseError, connections, transaction

from bench.models import Row
from bench.samples import Summary, summary
from bench.site import ROWS, WRITE
from bench.works import FailedError, request

OPENED_WITHIN_S = 30.0


def prepare() -> None:
    """The table, on the primary."""
    connection = connections["default"]
    with connection.schema_editor() as editor:
        editor.create_model(Row)
    Row.objects.bulk_create(Row(text=f"row {number}") for number in range(ROWS))
    connection.close()


def write_until_told(hold: float, pause: float) -> int:
    """Transactions that hold the write lock for so long, until standard input ends; how many."""
    written = 0
    while not select.select([sys.stdin], [], [], pause)[0]:
        with transaction.atomic(), connections["default"].cursor() as cursor:
            cursor.execute(WRITE, [f"text {written}", 3])
            time.sleep(hold)
        written += 1
    return written


def serve(path: str, threads: int, seconds: float, pause: float) -> dict[str, Any]:
    """GETs by so many threads, each after a pause, over open connections: what they took, how many failed."""
    logging.disable()  # of Django's own reports of what failed
    opened = threading.Barrier(threads)
    taken: list[float] = []
    failed: list[object] = []

    def visit() -> None:
        work = request(path)
        with contextlib.suppress(DatabaseError):
            connections["default"].ensure_connection()
        opened.wait(OPENED_WITHIN_S)
        ending = time.monotonic() + seconds
        while time.monotonic() < ending:
            begun = time.perf_counter()
            try:
                work()
            except FailedError as error:
                failed.append(error)
            taken.append(time.perf_counter() - begun)
            time.sleep(pause)
        connections.close_all()

    visitors = [threading.Thread(target=visit) for _ in range(threads)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    return {"taken": summary(taken), "failed": len(failed)}


def prove(times: int) -> dict[str, Summary]:
    """The two readings of the position around a COMMIT."""
    from django_litefs.conf import effective, this_node

    node, database = this_node(), effective().database_name
    connection = connections["default"]
    connection.ensure_connection()
    assert node is not None
    device = node.facts().mount_device
    before, after = [], []
    for turn in range(times):
        connection.connection.execute("BEGIN IMMEDIATE")
        connection.connection.execute("UPDATE bench_row SET text = ? WHERE id = 1", [f"proof {turn}"])
        begun = time.perf_counter()
        node.position(database, device)
        before.append(time.perf_counter() - begun)
        connection.connection.execute("COMMIT")
        begun = time.perf_counter()
        node.position(database, device)
        after.append(time.perf_counter() - begun)
    return {"before": summary(before), "after": summary(after)}
