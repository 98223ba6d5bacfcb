"""Descriptors and memory of the proxies: what a fault made them take must be given back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.cluster import Node, TooLongError, processes, until

GROWTH = 1.1
DESCRIPTORS_MORE = 8  # a connection or two are always coming or going
MEMORY_MORE = 16 << 20  # bytes; an allocator keeps some of what it had
IDLE_WITHIN = 10.0  # idle connections close


@dataclass(frozen=True)
class Use:
    node: str
    pid: int
    descriptors: int
    memory: int

    def has_grown_from(self, before: Use) -> bool:
        return (
            self.descriptors > before.descriptors * GROWTH + DESCRIPTORS_MORE
            or self.memory > before.memory * GROWTH + MEMORY_MORE
        )


def use(nodes: Iterable[Node]) -> list[Use]:
    found = []
    for node in nodes:
        process = Path(f"/proc/{node.pid}")
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        memory = int(status["VmRSS"].split()[0]) * 1024
        found.append(Use(node.name, node.pid, len(list((process / "fd").iterdir())), memory))
    return found


def memory_by_program(node: Node) -> dict[str, float]:
    """Megabytes of a node's processes, what they share divided among them."""
    taken = {"litefs-proxy": 0.0, "LiteFS": 0.0, "the app": 0.0}
    for pid in [node.pid, *processes.descendants(node.pid)]:
        program = Path(processes.command(pid)[0]).name
        which = {"litefs-proxy": "litefs-proxy", "litefs": "LiteFS"}.get(program, "the app")
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        taken[which] += int(rollup.partition("\nPss:")[2].split()[0]) / 1024
    return taken


def growth(nodes: Iterable[Node], before: Iterable[Use]) -> list[str]:
    """What has not gone back to what it was, in words; a process that was started since counts as new."""
    nodes, baseline = list(nodes), {(u.node, u.pid): u for u in before}

    def grown() -> list[Use]:
        known = [u for u in use(nodes) if (u.node, u.pid) in baseline]
        return [u for u in known if u.has_grown_from(baseline[u.node, u.pid])]

    with contextlib.suppress(TooLongError):
        until(lambda: not grown(), "descriptors and memory are as before", IDLE_WITHIN)
    return [f"{u.node}: {baseline[u.node, u.pid]} became {u}" for u in grown()]
