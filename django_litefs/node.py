"""What this process knows of its node: role, mount identity, primary.

The node page that litefs-proxy keeps answers in nanoseconds. Without a fresh one (no proxy, or it died) the mount
itself is asked, at most once in FALLBACK_VALID_S. Framework-free; one Node per mount and process, shared by threads.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from django_litefs import _core
from django_litefs.reads import Reads

T = TypeVar("T")
FALLBACK_VALID_S = 0.001  # one stat() serves the checks around one statement
WRITABLE_ROLES = ("primary", "single")


@dataclass(frozen=True)
class Facts:
    """The node at one instant."""

    role: str
    mount_alive: bool
    mount_device: int
    primary: str
    litefs_id: str
    halted: bool = False  # this connection holds the HALT lock
    frozen: bool = False  # maintenance: nobody writes

    @property
    def writable(self) -> bool:
        return self.mount_alive and not self.frozen and (self.halted or self.role in WRITABLE_ROLES)


SINGLE = Facts("single", True, 0, "", "")
DEAD = Facts("unknown", False, 0, "", "")
PageRead = tuple["_core.NodePage | None", int, Facts]  # a page, its version and what it said
NOTHING_READ: PageRead = (None, 0, DEAD)


class Node:
    """Role and mount of one LiteFS node, as seen by this process."""

    def __init__(self, mount: str) -> None:
        self.mount = mount
        self._page_path = _core.default_page_path(mount)
        self._page = _core.NodePage.open(self._page_path)
        self._lock = threading.Lock()
        self._from_page = NOTHING_READ
        self._fallback: tuple[float, Facts] = (0.0, DEAD)
        self._positions: dict[str, tuple[int, _core.PositionFile]] = {}
        self.reads = Reads(self, self._page_path)
        self._start_breaker()

    def facts(self, *, fresh: bool = False) -> Facts:
        """The same object while nothing changes, in a new process and for a new page another one."""
        page = self._page
        if page is not None:
            of, version, facts = self._from_page
            if of is page and version and version == page.version():
                return facts
        return self._read_page() or self._ask_mount(fresh)

    def verified_facts(self) -> Facts:
        """After an error that a dead mount explains: the page may be some milliseconds behind, the mount is not."""
        facts = self.facts(fresh=True)
        try:
            alive = _core.inspect_mount(self.mount).device == facts.mount_device
        except _core.MountError:
            alive = False
        return facts if alive else replace(facts, mount_alive=False)

    def pass_gate(self) -> str:
        """Before a read on a replica: "open", "waited" or "timed_out". Without a proxy there is no gate."""
        page = self._page
        return "open" if page is None else page.pass_gate()

    def open_reads(self) -> list[tuple[int, float]]:
        """Process id and seconds of the reads that hold replication up on this node, the oldest first."""
        return _core.open_reads(self._page_path)

    def watched(self, device: int, call: Callable[[], T]) -> T:
        """A statement on the mount: if the mount dies under it, it fails within a second, not after ten."""
        return self._breaker.watch(device, call)

    def _start_breaker(self) -> None:
        self._breaker = _core.StallBreaker(self.mount)
        _core.leak(self._breaker)

    def position(self, database: str, device: int) -> _core.Position:
        """The database's position, on a descriptor kept for this mount. Raises MountError."""
        return self._position_file(database, device).read()

    def _position_file(self, database: str, device: int) -> _core.PositionFile:
        with self._lock:
            kept = self._positions.get(database)
            if kept is None or kept[0] != device:
                if kept is not None:
                    _core.leak(kept)
                kept = self._positions[database] = (device, _core.PositionFile(self.mount, database))
        return kept[1]

    def after_fork(self) -> None:
        """In a child: own page mapping, own descriptors; the parent's are left as they are."""
        self._lock = threading.Lock()
        for kept in self._positions.values():
            _core.leak(kept)
        self._positions = {}
        self._start_breaker()  # threads do not survive a fork
        self._from_page = NOTHING_READ
        if self._page is not None:
            _core.leak(self._page)
        self._page = _core.NodePage.open(self._page_path)
        self.reads.after_fork()

    def _read_page(self) -> Facts | None:
        facts = self._facts_of(self._page)
        if facts is None:
            self._page = page = _core.NodePage.open(self._page_path)
            facts = self._facts_of(page)
            if facts is not None:
                self.reads.renew()
        return facts

    def _facts_of(self, page: _core.NodePage | None) -> Facts | None:
        if page is None:
            return None
        version = page.version()  # before what it says: with an older version it is only read once more
        found = page.read()
        if found is None:
            return None
        who = (found.role, found.mount_alive, found.mount_device, found.primary, found.litefs_id)
        facts = Facts(*who, frozen=found.frozen)
        self._from_page = (page, version, facts)
        return facts

    def _ask_mount(self, fresh: bool) -> Facts:
        asked, facts = self._fallback
        now = time.monotonic()
        if not fresh and now - asked < FALLBACK_VALID_S:
            return facts
        try:
            identity = _core.inspect_mount(self.mount)
        except _core.MountError:
            facts = DEAD
        else:
            role = "primary" if identity.writable else "replica"
            facts = Facts(role, True, identity.device, self._primary_file(), "")
        self._fallback = (now, facts)
        return facts

    def _primary_file(self) -> str:
        try:
            with open(os.path.join(self.mount, ".primary"), encoding="ascii", errors="replace") as file:
                name = file.read(256).strip()
        except OSError:
            return ""
        return name if _core.valid_hostname(name) else ""


_nodes: dict[str, Node] = {}
_nodes_lock = threading.Lock()


def node_of(mount: str) -> Node:
    """The one Node of this process for a mount."""
    found = _nodes.get(mount)
    if found is None:
        with _nodes_lock:
            found = _nodes.setdefault(mount, Node(mount))
    return found


def _after_fork() -> None:
    global _nodes_lock
    _nodes_lock = threading.Lock()
    for node in _nodes.values():
        node.after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)
