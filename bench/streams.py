"""`bin/bench streams`: WebSockets, events, bodies of gigabytes and idle connections, as they pass litefs-proxy.

WebSockets and events pass a replica and the primary of a real cluster; bodies pass two proxies without LiteFS.
Exits 1 if a must is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench import report, stream_bodies, stream_events, stream_idle, stream_sockets
from bench.report import Row
from django_litefs.process import find_executable
from tools.cluster import Cluster
from tools.cluster.cluster import ROOT

SERVER = ("uvicorn", "tools.cluster.stream_app:app", f"--app-dir={ROOT}", "--log-level=warning")
RULES = {"LITEFS_ALWAYS_FORWARD": "/far/*"}
PARTS = ("sockets", "events", "bodies", "idle")


def measure(parts: Sequence[str], seconds: int, program: Path) -> list[Row]:
    rows: list[Row] = []
    if "sockets" in parts or "events" in parts:
        with Cluster(2, servers=(SERVER, SERVER), environment=RULES) as cluster:
            if "events" in parts:
                rows += asyncio.run(stream_events.rows(cluster))
            if "sockets" in parts:
                rows += asyncio.run(stream_sockets.rows(cluster.replicas[0].front, seconds))
    with tempfile.TemporaryDirectory(prefix="bench-streams-") as folder:
        if "bodies" in parts:
            rows += stream_bodies.rows(Path(folder), program)
        if "idle" in parts:
            rows += stream_idle.rows(Path(folder), program, seconds)
    return rows


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/bench streams", description=__doc__)
    parser.add_argument("--part", action="append", choices=PARTS, help="default: all")
    parser.add_argument("--seconds", type=int, default=60, help="of sockets and idle, default %(default)s")
    parser.add_argument(
        "--proxy", type=Path, help="another litefs-proxy than the installed one, for bodies and idle"
    )
    options = parser.parse_args(arguments)
    begun = time.monotonic()
    program = options.proxy or Path(find_executable("litefs-proxy"))
    rows = measure(options.part or PARTS, options.seconds, program)
    method = {"seconds of sockets": options.seconds, "seconds": round(time.monotonic() - begun, 1)}
    print(report.table(rows, ("direct", "litefs-proxy")))
    print(f"\n{method}, kept in {report.save('streams', rows, method, [])}")
    return 1 if any(row.must is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
