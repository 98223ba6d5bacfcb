"""Facts about this node, for commands, views and monitoring."""

from __future__ import annotations

import http.client
import json
import os
import time
from dataclasses import dataclass
from typing import Any

from django_litefs import _core, control, pinned, positions, pretence, process
from django_litefs._values import ANY_HOST, split_address
from django_litefs.conf import effective, this_node
from django_litefs.node import SINGLE, WRITABLE_ROLES, Facts

TIMEOUT_S = 2.0
NEVER_SYNCED = 2_147_483_647  # what LiteFS's .lag says before its first sync
DEFAULT_WAIT_S = 1.0


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


@dataclass(frozen=True)
class Verdict:
    """As litefs-proxy judges its node, from what one process of the app can see."""

    ready: bool  # requests may be sent here
    healthy: bool  # with a primary in reach and fresh reads
    reasons: tuple[str, ...]  # what speaks against it; empty if and only if healthy
    role: str
    primary: str
    mount_alive: bool
    lag_ms: int | None  # how far a replica is behind; None before it has synced


def verdict() -> Verdict:
    """Asks the mount, never a database."""
    facts, s = node_facts(), effective()
    lag_ms = _lag_ms(s.mount_path) if facts.role == "replica" and facts.mount_alive else 0
    cut_off = facts.role not in WRITABLE_ROLES and not facts.primary
    against = [
        ("mount-dead", not facts.mount_alive),
        ("stale-reads-off", cut_off and not s.stale_reads),
    ]
    only_stale = [
        ("no-primary", cut_off),
        ("lag", lag_ms is None or lag_ms > _core.parse_duration(s.max_lag) * 1000),
    ]
    reasons = [reason for reason, holds in (*against, *only_stale) if holds]
    ready = not any(holds for _, holds in against)
    primary = facts.primary or (s.hostname if s.cluster and facts.role == "primary" else "")
    return Verdict(ready, not reasons, tuple(reasons), facts.role, primary, facts.mount_alive, lag_ms)


def _lag_ms(mount: str) -> int | None:
    try:
        with open(os.path.join(mount, ".lag"), encoding="ascii") as file:
            lag = int(file.read(32))
    except (OSError, ValueError):
        return None
    return None if lag == NEVER_SYNCED else lag


def open_reads() -> list[dict[str, float]]:
    """Who reads on this node, the oldest read first: on a replica it holds replication up."""
    node = this_node()
    found = [] if node is None else node.open_reads()
    return [{"pid": pid, "seconds": round(seconds, 3)} for pid, seconds in found]


def proxy_health() -> dict[str, Any] | None:
    """What litefs-proxy's /litefs/health says; None if it does not answer."""
    host, port = split_address(effective().proxy_addr)
    connection = http.client.HTTPConnection(
        "127.0.0.1" if host in ANY_HOST else host, port, timeout=TIMEOUT_S
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


def cluster() -> tuple[dict[str, Any] | None, str]:
    """Every node, those that PRIMARY_URL names and nobody heard of included; or None and why it is not known."""
    try:
        found = control.cluster()
    except control.ControlError as error:
        return None, str(error)
    heard = {node["hostname"] for node in found["nodes"]}
    urls = effective().primary_url
    for hostname in urls if isinstance(urls, dict) else ():
        if hostname not in heard:
            unheard = {"linked": False, "healthy": False, "reasons": ["not heard of"], "role": "unknown"}
            found["nodes"].append({"hostname": hostname, **unheard})
    found["nodes"].sort(key=lambda node: str(node["hostname"]))
    return found, ""


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
    nodes, error = cluster()
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
        "litefs": process.litefs_version(s.binary_path) if s.cluster else None,
        "litefs_pinned": f"{pinned.LITEFS_VERSION} {pinned.LITEFS_SUM}",
        "cluster": nodes,
        "cluster_error": error,
    }
