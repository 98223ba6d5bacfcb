"""What takes the place of the native module in the wheel of the Python part alone: enough for a single node.

That wheel is installed where no compiled one fits: on Windows, on macOS, on Alpine. A configured cluster is refused
there when the settings are read, so nothing else is ever asked for.
"""

from __future__ import annotations

import re
from decimal import Decimal

SINGLE_ONLY = True
NO_DURATION = "not a duration such as 1.5s or 250ms"

_UNITS_NS = {
    "h": 3_600_000_000_000,
    "m": 60_000_000_000,
    "s": 1_000_000_000,
    "ms": 1_000_000,
    "us": 1_000,
    "ns": 1,
}
_TERM = re.compile(r"(\d+(?:\.\d+)?)(h|ms|us|ns|m|s)", re.ASCII)
_DURATION_MAX_NS = 30 * 24 * _UNITS_NS["h"]
_leaked: list[object] = []


class MountError(OSError):
    """Never raised: there is no mount."""


class Position:
    """Never made: a single node has none."""


def parse_duration(text: str) -> float:
    total = sum(int(Decimal(number) * _UNITS_NS[unit]) for number, unit in _TERM.findall(text))
    if not text or _TERM.sub("", text) or total > _DURATION_MAX_NS:
        raise ValueError(NO_DURATION)
    return total / 1e9


def leak(value: object) -> None:
    _leaked.append(value)


def __getattr__(name: str) -> object:
    raise AttributeError(f"django_litefs._core.{name} needs the native module: this is a single node's")
