"""Celery tasks that find what was written before they were sent, on whatever node their worker runs.

    # celery.py of the site
    from django_litefs.contrib import celery as litefs_celery

    litefs_celery.connect()

Each task then carries the position of the sender's databases in its headers, and its worker waits for it before the
task runs, at most `timeout`. A task that is sent inside a transaction is sent too early: use `delay_on_commit()`.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from celery import current_task
from celery.signals import before_task_publish, task_prerun

from django_litefs import _core, exchange
from django_litefs.conf import effective, this_node
from django_litefs.node import Node
from django_litefs.positions import pauses, reached

HEADER = "litefs_position"
logger = logging.getLogger(__name__)
_timeout_s: float | None = None


def connect(timeout: float | None = None) -> None:
    """Once, in senders and workers. `timeout` in seconds, default READ_WAIT; then the task runs all the same, and a
    warning is logged."""
    global _timeout_s
    _timeout_s = timeout
    before_task_publish.connect(_carry_position, dispatch_uid="django_litefs")
    task_prerun.connect(_wait_for_position, dispatch_uid="django_litefs")


def _carry_position(headers: dict[str, Any] | None = None, **_: Any) -> None:
    node = this_node()
    if node is None or headers is None:
        return
    # What the running task was told to wait for stays true for those that it sends, and for its own retry.
    value = _core.format_demands(_core.merge_demands(_told(current_task), _here(node)))
    if value:
        headers[HEADER] = value


def _wait_for_position(task: Any, **_: Any) -> None:
    node = this_node()
    told = _told(task)
    if node is None or not told:
        return
    names = {_core.database_id(name): name for name in effective().all_databases}
    wanted = {names[database]: position for database, position in told if database in names}
    limit_s = _core.parse_duration(effective().read_wait) if _timeout_s is None else _timeout_s
    for pause in pauses(node, wanted, limit_s):
        time.sleep(pause)
    if not reached(node, wanted):
        logger.warning(
            "task %s runs before this node has what its sender had written (waited %.1f s)",
            task.name,
            limit_s,
        )


def _told(task: Any) -> exchange.Demands:
    """The position in the headers of a task that a worker runs."""
    value = task.request.get(HEADER) if task else None
    return exchange.demanded(value) if isinstance(value, str) else []


def _here(node: Node) -> exchange.Demands:
    device = node.facts().mount_device
    found: exchange.Demands = []
    for name in effective().all_databases:
        try:
            found.append((_core.database_id(name), node.position(name, device)))
        except _core.MountError:
            continue  # sending a task does not depend on it
    return found
