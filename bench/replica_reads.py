"""What the processes of a replica do while transactions arrive. Each returns how much it read, and its slow reads."""

from __future__ import annotations

import time
from typing import TypedDict

from django.db import connections, transaction

from bench.site import READ, ROWS


class Reads(TypedDict):
    count: int
    seconds: float  # all of it
    slow: list[tuple[float, float]]  # begin (monotonic) and length of reads longer than expected, in seconds


def _open() -> None:
    """The connection, before anything is timed."""
    with connections["default"].cursor() as cursor:
        cursor.execute(READ, [1])
        cursor.fetchone()


def transactions(seconds: float, each: float, pause: float) -> Reads:
    """Read transactions that stay open for so long, with so long between them."""
    _open()
    slow, count, ending = [], 0, time.monotonic() + seconds
    while time.monotonic() < ending:
        begun = time.monotonic()
        with transaction.atomic(), connections["default"].cursor() as cursor:
            cursor.execute(READ, [1 + count % ROWS])
            cursor.fetchone()
            time.sleep(each)
        taken = time.monotonic() - begun
        if taken > 2 * each:
            slow.append((begun, taken))
        count += 1
        time.sleep(pause)
    return {"count": count, "seconds": seconds, "slow": slow}


def flat_out(seconds: float) -> Reads:
    """Point reads in autocommit without a pause."""
    _open()
    count, ending = 0, time.monotonic() + seconds
    while time.monotonic() < ending:
        with connections["default"].cursor() as cursor:
            cursor.execute(READ, [1 + count % ROWS])
            cursor.fetchone()
        count += 1
    return {"count": count, "seconds": seconds, "slow": []}
