"""System calls of litefs-proxy per request, counted by strace, which slows it down: calls are counted, not time."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from bench import load
from bench.proxy_field import GENERATOR, OURS, Field
from bench.report import Goal, Row

GOALS = {32: Goal(6.3, 4.3, of="ours"), 1: Goal(8.2, 6.2, of="ours")}
NO_TIMERS = Goal(0.01, of="ours")
ATTACHED_S = 0.5


def counted(text: str) -> dict[str, int]:
    """Calls by name, of the summary that `strace -c` wrote."""
    calls = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) in (5, 6) and words[3].isdigit() and words[-1] != "total":
            calls[words[-1]] = int(words[3])
    return calls


def rows(field: Field, seconds: int) -> list[Row]:
    found = []
    for connections, goal in GOALS.items():
        calls = _calls(field, connections, seconds)
        what = f"GET 1 KiB, {connections} connections: system calls per request"
        found.append(Row(what, "calls", None, sum(calls.values()), None, goal))
        if connections == max(GOALS):
            timers = calls.get("timerfd_settime", 0.0)
            found.append(Row(f"{what}, timerfd_settime", "calls", None, timers, None, NO_TIMERS))
    return found


def _calls(field: Field, connections: int, seconds: int) -> dict[str, float]:
    front = field.fronts[OURS]
    summary = Path(field.folder) / "strace.txt"
    attach = [word for pid in front.pids() for word in ("-p", str(pid))]
    tracer = subprocess.Popen(
        ["strace", "-c", "-f", "-o", str(summary), *attach],
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    try:
        time.sleep(ATTACHED_S)
        seen = load.run(load.CASES["get"], front.address, connections, seconds, GENERATOR)
    finally:
        tracer.terminate()
        tracer.wait(10)
    return {name: calls / seen.requests for name, calls in counted(summary.read_text()).items()}
