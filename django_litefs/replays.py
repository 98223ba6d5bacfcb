"""Reads that turn out to write run twice. Which views they are is logged once they are many. Framework-free."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter

logger = logging.getLogger("django_litefs.replays")

MANY = 0.01  # of the reads
READS_MIN = 100  # before a share says anything
READS_MAX = 10_000  # then half of what was counted is forgotten
NAMED_MAX = 10  # views in one warning; the others are summed up
PAUSE_S = 600.0  # between two warnings of a process


class ReplayWatch:
    """Counts what this process serves. Thread-safe; the count of reads may miss some under many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reads = 0
        self._views: Counter[str] = Counter()
        self._quiet_until = 0.0

    def read(self) -> None:
        """A safe request was served."""
        self._reads += 1

    def replayed(self, view: str) -> None:
        """One of them wants to write; `view` as the site knows it."""
        with self._lock:
            if self._reads > READS_MAX:
                self._reads //= 2
                self._views = Counter({name: kept for name, n in self._views.items() if (kept := n // 2)})
            self._views[view] += 1
            if self._many() and time.monotonic() >= self._quiet_until:
                self._quiet_until = time.monotonic() + PAUSE_S
                logger.warning(
                    "%d of %d reads wanted to write and ran twice: %s. Name these views in PRIMARY_VIEWS, decorate "
                    "them with @primary, or put their paths into ALWAYS_FORWARD.",
                    self._views.total(),
                    self._reads,
                    self._named(),
                )

    def _many(self) -> bool:
        return self._reads >= READS_MIN and self._views.total() > MANY * self._reads

    def _named(self) -> str:
        named = [f"{view} ({count})" for view, count in self._views.most_common(NAMED_MAX)]
        if (others := len(self._views) - len(named)) > 0:
            named.append(f"{others} more")
        return ", ".join(named)
