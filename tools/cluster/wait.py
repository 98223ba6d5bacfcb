"""Waiting for a condition, never for a length of time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE = 0.05


class TooLongError(Exception):
    """A condition did not come true within its bound."""


def until(condition: Callable[[], T | None], what: str, within: float, pause: float = PAUSE) -> T:
    """The first true value of `condition`; TooLongError if `what` has not happened `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TooLongError(f"{what}: not within {within:g} s")
        time.sleep(pause)
