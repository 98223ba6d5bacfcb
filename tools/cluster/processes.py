"""Processes by id, found through /proc: the descendants of one, or all with our mark in their environment."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterable
from pathlib import Path

from .wait import TooLongError, until

MARK = "NOTES_CLUSTER_MARK"  # environment variable that every process of a cluster inherits
GONE_WITHIN = 10.0


def _ids() -> Iterable[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _parent_and_state(pid: int) -> tuple[int, str] | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, parent = stat.rpartition(")")[2].split()[:2]
    return int(parent), state


def command(pid: int) -> list[str]:
    """The command line, or an empty list if the process is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
    except OSError:
        return []


def alive(pid: int) -> bool:
    found = _parent_and_state(pid)
    return found is not None and found[1] not in "ZX"


def is_zombie(pid: int) -> bool:
    found = _parent_and_state(pid)
    return found is not None and found[1] == "Z"


def user(pid: int) -> int:
    """The user it runs as."""
    return Path(f"/proc/{pid}").stat().st_uid


def inner_pid(pid: int) -> int:
    """Its id in its own PID namespace; 0 if it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next(int(line.split()[-1]) for line in status.splitlines() if line.startswith("NSpid:"))


def descendants(pid: int) -> list[int]:
    """Children before grandchildren, without `pid` itself."""
    children: dict[int, list[int]] = {}
    for other in _ids():
        found = _parent_and_state(other)
        if found:
            children.setdefault(found[0], []).append(other)
    tree = [pid]
    for process in tree:
        tree.extend(children.get(process, []))
    return tree[1:]


def marked(mark: str) -> list[int]:
    """Living processes that inherited `mark`, this one excepted."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for pid in _ids():
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            continue
        if pid != os.getpid() and wanted in environment.split(b"\0") and alive(pid):
            found.append(pid)
    return found


def kill(pids: Iterable[int], number: signal.Signals = signal.SIGKILL) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def wait_gone(pids: Iterable[int], within: float = GONE_WITHIN) -> None:
    left = {pid: " ".join(command(pid)) for pid in pids}
    try:
        until(lambda: not any(map(alive, left)), "processes end", within)
    except TooLongError as error:
        raise TooLongError(f"{error}: {[left[pid] for pid in left if alive(pid)]}") from None
