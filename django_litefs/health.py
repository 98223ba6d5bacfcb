"""Facts about this node, for commands, views and monitoring."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any

from django_litefs import _core, positions, pretence
from django_litefs._values import split_address
from django_litefs.conf import effective, this_node
from django_litefs.node import SINGLE, Facts

TIMEOUT_S = 2.0
DEFAULT_WAIT_S = 1.0
ANY_ADDRESS = ("", "0.0.0.0", "::")  # noqa: S104 (asked by way of loopback)


def node_facts() -> Facts:
    """Role, mount and primary as this process sees them."""
    if pretence.facts is not None:
        return pretence.facts
    node = this_node()
    return SINGLE if node is None else node.facts(fresh=True)


def is_primary() -> bool:
    """May this process write, right now? True on a single node too."""
    return node_facts().writable


def current_position(database: str = "") -> _core.Position | None:
    """How far a database (default: DATABASE_NAME) has come on this node; None on a single node."""
    node = this_node()
    if node is None:
        return None
    return node.position(database or effective().database_name, node_facts().mount_device)


def wait_for_position(
    position: _core.Position | str | None, timeout: float = DEFAULT_WAIT_S, database: str = ""
) -> bool:
    """Waits, at most `timeout` seconds, until this node has come that far. True if it has; always on a single node.

    `position`: of `current_position()`, or its text, which survives any queue; None asks for nothing. On the primary it
    answers at once. Raises ValueError for another text.
    """
    node = this_node()
    if position is None or node is None:
        return True
    wanted = _core.Position.parse(position) if isinstance(position, str) else position
    by_name = {database or effective().database_name: wanted}
    for pause in positions.pauses(node, by_name, timeout):
        time.sleep(pause)
    return positions.reached(node, by_name)


def open_reads() -> list[dict[str, float]]:
    """Who reads on this node, the oldest read first: on a replica it holds replication up."""
    node = this_node()
    found = [] if node is None else node.open_reads()
    return [{"pid": pid, "seconds": round(seconds, 3)} for pid, seconds in found]


def proxy_health() -> dict[str, Any] | None:
    """What litefs-proxy's /litefs/health says; None if it does not answer."""
    host, port = split_address(effective().proxy_addr)
    connection = http.client.HTTPConnection(
        "127.0.0.1" if host in ANY_ADDRESS else host, port, timeout=TIMEOUT_S
    )
    try:
        connection.request("GET", "/litefs/health")
        answer = connection.getresponse()
        found = json.loads(answer.read())
        return {**found, "healthy": answer.status == 200} if isinstance(found, dict) else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def status() -> dict[str, Any]:
    """Everything litefs_status shows."""
    s, facts = effective(), node_facts()
    reached: dict[str, str | None] = {}
    if s.cluster:
        for name in s.all_databases:
            try:
                reached[name] = str(current_position(name))
            except _core.MountError:
                reached[name] = None
    return {
        "hostname": s.hostname if s.cluster else None,
        "role": facts.role,
        "primary": facts.primary or (s.hostname if s.cluster and facts.role == "primary" else None),
        "mount": s.mount_path if s.cluster else None,
        "mount_alive": facts.mount_alive,
        "databases": {name: reached.get(name) for name in s.all_databases},
        "folder": s.database_folder,
        "proxy": proxy_health(),
        "reading": open_reads(),
    }
