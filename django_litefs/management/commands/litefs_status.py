"""manage.py litefs_status [--json] [--watch [SECONDS]]: every node of the cluster, and this one in detail."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from django_litefs import health

GOOD, PROBLEMS, CANNOT_TELL = 0, 1, 2
WATCH_S = 2.0
CLEAR = "\x1b[H\x1b[2J"
COLUMNS = ("node", "role", "health", "behind", "lag", "version", "position")


class Command(BaseCommand):
    help = "Shows every node: role, health, lag, versions, position. Exit code 0 good, 1 problems, 2 cannot tell."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")
        parser.add_argument(
            "--watch",
            nargs="?",
            type=float,
            const=WATCH_S,
            metavar="SECONDS",
            help="again every 2 (or so many) seconds, until Ctrl-C",
        )

    def handle(self, *args: Any, json: bool, watch: float | None, **options: Any) -> None:
        try:
            code = self._show(json)
            while watch is not None:
                time.sleep(max(watch, 0.1))
                if self.stdout.isatty():
                    self.stdout.write(CLEAR, ending="")
                code = self._show(json)
        except KeyboardInterrupt:
            code = GOOD
        except ImproperlyConfigured as error:
            raise CommandError(str(error), returncode=PROBLEMS) from None
        if code:
            sys.exit(code)

    def _show(self, as_json: bool) -> int:
        found = health.status()
        self.stdout.write(json.dumps(found, indent=None) if as_json else _as_text(found))
        return judge(found)


def judge(found: dict[str, Any]) -> int:
    """The exit code for what health.status() found."""
    proxy, cluster = found["proxy"], found["cluster"]
    if not found["mount_alive"]:
        return PROBLEMS
    if proxy is None:
        return CANNOT_TELL
    if not proxy["healthy"]:
        return PROBLEMS
    if found["hostname"] is None:
        return GOOD
    if cluster is None:
        return CANNOT_TELL
    nodes = cluster["nodes"]
    good = all(node["linked"] and node["healthy"] for node in nodes)
    one_primary = sum(node["role"] == "primary" for node in nodes) == 1
    return GOOD if good and one_primary and not cluster.get("error") else PROBLEMS


def _as_text(found: dict[str, Any]) -> str:
    parts = []
    cluster = found["cluster"]
    if cluster is not None and found["hostname"] is not None:
        parts.append(_table(cluster, found["hostname"]))
        if left := cluster["maintenance_left_ms"]:
            parts.append(f"MAINTENANCE: no write starts, for {left / 1000:.0f} s more")
        if error := cluster.get("error"):
            parts.append(f"only this node's own view: {error}")
    elif found["cluster_error"] and found["hostname"] is not None:
        parts.append(f"cluster: {found['cluster_error']}")
    parts.append(_this_node(found))
    return "\n\n".join(parts)


def _table(cluster: dict[str, Any], own: str) -> str:
    rows = [COLUMNS, *(_row(node, own) for node in cluster["nodes"])]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _row(node: dict[str, Any], own: str) -> tuple[str, ...]:
    name = node["hostname"] + (" (this one)" if node["hostname"] == own else "")
    state = "good" if node["healthy"] else ", ".join(node["reasons"])
    if not node["linked"]:
        silent = node.get("silent_ms")
        state = state if silent is None else f"{state} for {silent / 1000:.0f} s"
        return name, "-", state, "-", "-", node.get("version", "-"), "-"
    behind = "-" if node["role"] == "primary" else f"{node['behind']}"
    lag = "-" if node["role"] == "primary" else f"{node['lag_ms']} ms"
    reached = ", ".join(f"{name} {position}" for name, position in node["positions"].items())
    return name, node["role"], state, behind, lag, node["version"], reached or "-"


def _this_node(found: dict[str, Any]) -> str:
    proxy = found["proxy"]
    alive = "alive" if found["mount_alive"] else "DEAD"
    rows = [
        ("this node", found["hostname"] or "single (no LiteFS)"),
        ("role", found["role"]),
        ("primary", found["primary"] or "-"),
        ("mount", f"{found['mount']} ({alive})" if found["mount"] else "-"),
        ("folder", found["folder"]),
        *((f"database {name}", position or "-") for name, position in found["databases"].items()),
        ("litefs-proxy", _proxy_state(proxy)),
        ("LiteFS", f"{found['litefs'] or '-'} (tested with {found['litefs_pinned']})"),
    ]
    if found["reading"]:
        oldest = found["reading"][0]
        rows.append(("oldest read", f"process {oldest['pid']}, for {oldest['seconds']:.1f} s"))
    if proxy is not None:
        keys = ("lag_ms", "target", "draining", "version")
        rows += [(key.replace("_", " "), str(proxy[key])) for key in keys if key in proxy]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def _proxy_state(proxy: dict[str, Any] | None) -> str:
    if proxy is None:
        return "not answering"
    reasons = ", ".join(proxy.get("reasons", ()))
    return "healthy" if proxy["healthy"] else f"not healthy: {reasons}".rstrip(": ")
