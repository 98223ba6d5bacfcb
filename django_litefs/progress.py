"""How far something long has come, on a terminal's one line or as a few lines of a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

TERMINAL_EVERY_S = 0.2
LOG_EVERY_S = 5.0
MEGABYTE = 1_000_000


@contextmanager
def shown(what: str, to: TextIO) -> Iterator[Callable[[int, int], None]]:
    """Gives a function of bytes done and bytes in all."""
    terminal = to.isatty()
    began = said = time.monotonic()

    def tell(done: int, size: int) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said < (TERMINAL_EVERY_S if terminal else LOG_EVERY_S):
            return
        said = now
        share = 100 * done // size if size else 100
        line = f"{what}: {share} % of {size / MEGABYTE:.1f} MB, {now - began:.0f} s"
        to.write(f"\r{line}\x1b[K" if terminal else f"{line}\n")
        to.flush()

    yield tell
    if terminal and said != began:
        to.write("\r\x1b[K")
        to.flush()
