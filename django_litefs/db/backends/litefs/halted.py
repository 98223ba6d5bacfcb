"""HALT: LiteFS lets a replica write while it keeps the primary from it, for 30 s at most.

LiteFS ends the lock on the primary alone: this node would go on to believe that it may write. So everything ends
HOLD_S after the lock was asked for, judged before each statement and before COMMIT; a statement that runs by then is
interrupted. And the lock is worth nothing once another node became primary.
"""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from django_litefs import _core

if TYPE_CHECKING:
    from django_litefs.db.backends.litefs.halting import HaltingWrapper
    from django_litefs.node import Facts, Node

HOLD_S = 25.0  # of LiteFS's 30: a COMMIT that began by then has 5 s
RELEASE_S = 10.0
PAUSE_S = 0.05
TTL_S = 30.0


class Halt:
    """The HALT lock, held for one connection of `wrapper`."""

    def __init__(
        self, wrapper: HaltingWrapper, node: Node, facts: Facts, holder: _core.HaltHolder, began: float
    ) -> None:
        self._errors = wrapper._errors
        self._mount = node.mount
        self._database = wrapper._database
        self._facts = facts
        self._holder = holder
        self._began = began
        self._timer = threading.Timer(began + HOLD_S - time.monotonic(), _interrupt, (weakref.ref(wrapper),))
        self._timer.daemon = True
        self._timer.start()

    def refuse_if_over(self) -> None:
        """Raises HaltExpiredError."""
        if time.monotonic() - self._began > HOLD_S:
            raise self._errors.halt_expired(f"it was held for {HOLD_S:g} s")

    def facts(self, now: Facts) -> Facts:
        """What the node is with this lock. Raises HaltExpiredError if the lock is over."""
        self.refuse_if_over()
        if now.mount_device != self._facts.mount_device:
            raise self._errors.halt_expired("LiteFS was restarted")
        if now.role != "replica" or now.primary != self._facts.primary:
            raise self._errors.halt_expired(f"{self._facts.primary} is no longer the primary")
        return replace(now, halted=True)

    def survived(self) -> bool:
        """After a COMMIT: did LiteFS hold the lock all the time?"""
        in_time = time.monotonic() - self._began < TTL_S
        return in_time and _is_halted(self._mount, self._database)

    def release(self) -> None:
        self._timer.cancel()
        self._holder.release(RELEASE_S)


def take(wrapper: HaltingWrapper, node: Node, facts: Facts, timeout: float) -> Halt:
    """Waits for the lock at most `timeout` seconds. Raises HaltRefusedError."""
    deadline = time.monotonic() + timeout
    while True:
        began = time.monotonic()
        holder = _core.HaltHolder(node.mount, wrapper._database, HOLD_S)
        acquired = holder.wait_acquired(max(deadline - began, 0.0))
        if acquired and _is_halted(node.mount, wrapper._database):
            return Halt(wrapper, node, facts, holder, began)
        problem = holder.problem or "the primary is busy"
        holder.release(0)
        if time.monotonic() + PAUSE_S > deadline:
            raise wrapper._errors.halt_refused(f"{problem} (waited {timeout:g} s)")
        time.sleep(PAUSE_S)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """No signal reaches this thread: one in the middle of a COMMIT makes LiteFS give up the transfer, and exit."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _is_halted(mount: str, database: str) -> bool:
    try:
        return _core.is_halted(mount, database)
    except _core.MountError:
        return False


def _interrupt(wrapper: weakref.ref[HaltingWrapper]) -> None:
    holder = wrapper()
    connection = holder.connection if holder is not None else None
    if connection is not None:
        with contextlib.suppress(sqlite3.Error):  # it was closed meanwhile
            connection.interrupt()
