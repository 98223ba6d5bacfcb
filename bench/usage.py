"""What processes have used so far, from /proc: the scheduler's own run time of each thread, page faults, memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Usage:
    cpu_us: float
    faults: int

    def __sub__(self, before: Usage) -> Usage:
        return Usage(self.cpu_us - before.cpu_us, self.faults - before.faults)


def used_by(pids: Iterable[int]) -> Usage:
    """In sum. A thread that ends takes its run time with it: none of ours does under load."""
    cpu_us, faults = 0.0, 0
    for pid in pids:
        for task in (PROC / str(pid) / "task").iterdir():
            cpu_us += int((task / "schedstat").read_text().split()[0]) / 1e3
        faults += int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[7])
    return Usage(cpu_us, faults)


def memory_kib(pids: Iterable[int], *kinds: str) -> int:
    """The sum of such lines of /proc/PID/status, "VmRSS" for one."""
    total = 0
    for pid in pids:
        for line in (PROC / str(pid) / "status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in kinds:
                total += int(value.split()[0])
    return total
