"""The open reads of this process on a replica: each stops LiteFS from applying what the primary sends.

A `Read` is an autocommit statement until its last row was fetched, or a transaction from its first statement to its
end. It passes the node's read gate before it begins (not if its thread reads already: LiteFS waits for that one in any
case), is listed in the process's read page, where litefs-proxy finds out who holds replication up, is logged if it was
long, and is ended at its limit. Framework-free; one Reads per node and process, shared by threads.
"""

from __future__ import annotations

import logging
import math
import sqlite3
import threading
import time
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_litefs import _core

if TYPE_CHECKING:
    from django_litefs.node import Node

logger = logging.getLogger("django_litefs.reads")
INTERRUPT_AGAIN_S = 0.05
CURSORS_KEPT = 64  # pending ones of a transaction; finished ones are forgotten beyond that
SQL_SHOWN = 500


@dataclass(frozen=True)
class Limits:
    """Seconds; 0: no limit."""

    long_read: float
    max_read: float


class Read:
    """One open read. `lock` is held while SQLite runs a statement of it: it is ended between two, or inside one."""

    __slots__ = (
        "begun", "connection", "cursors", "device", "ended", "limits", "lock", "nested", "place", "sql", "statements"
    )  # fmt: skip

    def __init__(
        self, connection: sqlite3.Connection, device: int, limits: Limits, nested: list[int], place: int
    ):
        self.begun = time.monotonic()
        self.connection = connection
        self.device = device
        self.limits = limits
        self.nested = nested
        self.place = place
        self.lock = threading.Lock()
        self.sql = ""  # of the last statement
        self.statements = 0
        self.cursors: list[weakref.ref[sqlite3.Cursor]] = []
        self.ended = False

    def age(self) -> float:
        return time.monotonic() - self.begun

    def describe(self) -> str:
        if self.statements == 1:
            return self.sql[:SQL_SHOWN]
        return f"{self.statements} statements, the last one {self.sql[:SQL_SHOWN]}"

    def add(self, sql: str, cursor: sqlite3.Cursor) -> None:
        self.sql = sql
        self.statements += 1
        if len(self.cursors) >= CURSORS_KEPT:
            self.cursors = [kept for kept in self.cursors if (c := kept()) is not None and c.description]
        self.cursors.append(weakref.ref(cursor))

    def end_if_idle(self) -> bool:
        """Lets go of the file, unless a statement runs: that one is interrupted instead and ends by itself."""
        if not self.lock.acquire(blocking=False):
            self.ended = True  # before the interrupt, so that the statement's thread knows the reason
            self.connection.interrupt()
            return False
        try:
            self.ended = True
            for kept in self.cursors:
                cursor = kept()
                if cursor is not None:
                    sqlite3.Cursor.close(cursor)
            self.connection.rollback()
        finally:
            self.lock.release()
        return True


class Reads:
    """All open reads of this process on one node."""

    def __init__(self, node: Node, node_page: str) -> None:
        self._node = node
        self._node_page = node_page
        self.after_fork()

    def begin(self, connection: sqlite3.Connection, device: int, limits: Limits) -> Read:
        """Passes the gate first, unless this thread has another read open."""
        nested = self._nested()
        if nested[0] == 0:
            passed = self._node.pass_gate()
            if passed != "open":
                self._count(passed)
        nested[0] += 1
        read = Read(connection, device, limits, nested, self._page.begin() if self._page else -1)
        self._open.add(read)
        if 0 < limits.max_read < self._pause:
            self._watch_for(limits.max_read)
        return read

    def end(self, read: Read) -> None:
        """Its thread need not be the one that calls: the garbage collector closes cursors too."""
        try:
            self._open.remove(read)
        except KeyError:  # the watchdog was here
            return
        read.nested[0] -= 1
        if self._page is not None:
            self._page.end(read.place)
        age = read.age()
        if read.limits.long_read and age > read.limits.long_read:
            self._count("long_read")
            logger.warning("A read of %.1f s held replication up on this node: %s", age, read.describe())

    def renew(self) -> None:
        """The proxy is another one: its folder may be, too."""
        self._page = _core.ReadPage.create(self._node_page)
        for read in tuple(self._open):
            read.place = -1

    def after_fork(self) -> None:
        self._open: set[Read] = set()  # the parent's are not ours, neither are their places
        self._page = _core.ReadPage.create(self._node_page)
        self._thread = threading.local()
        self._pause = math.inf  # the watchdog's longest: the smallest limit so far
        self._sooner = threading.Event()
        self._starting = threading.Lock()

    def _nested(self) -> list[int]:
        """How many reads this thread has open; a list, so that another thread can count one off."""
        try:
            found: list[int] = self._thread.nested
        except AttributeError:
            found = self._thread.nested = [0]
        return found

    def _count(self, what: str) -> None:
        if self._page is not None:
            self._page.count(what)

    # The limit

    def _watch_for(self, limit: float) -> None:
        with self._starting:
            first, self._pause = self._pause == math.inf, min(self._pause, limit)
            self._sooner.set()
            if first:
                threading.Thread(target=self._watch, name="litefs-reads", daemon=True).start()

    def _watch(self) -> None:
        """A read that begins while this sleeps has its end after the next look."""
        while True:
            pause = self._pause
            for read in tuple(self._open):
                if read.limits.max_read:
                    left = read.limits.max_read - read.age()
                    if left <= 0 and not self._end_now(read):
                        left = INTERRUPT_AGAIN_S
                    if left > 0:
                        pause = min(pause, left)
            self._sooner.wait(pause)
            self._sooner.clear()

    def _end_now(self, read: Read) -> bool:
        first = not read.ended
        try:
            done: bool = self._node.watched(read.device, read.end_if_idle)
        except sqlite3.Error:  # closed meanwhile, or its mount died: over as well
            done = True
        if first:
            self._count("ended")
            logger.error(
                "A read was ended after %.1f s, it held replication up: %s", read.age(), read.describe()
            )
        if done:
            self.end(read)
        return done
