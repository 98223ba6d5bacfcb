"""What wheels exist: processors and C libraries on one axis, Python's binary interfaces on the other."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Downloads, dependencies and compiled objects: kept between clones, safe to delete.
KEPT = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "django-litefs"


@dataclass(frozen=True)
class Target:
    """A processor; the C library is glibc from 2.17 (2012) on."""

    machine: str
    debian: str  # Debian's name of it
    go: str  # Go's name of it

    @property
    def zig(self) -> str:
        return f"{self.machine}-linux-gnu.2.17"

    @property
    def triplet(self) -> str:
        return f"{self.machine}-linux-gnu"

    @property
    def platform(self) -> str:
        return f"manylinux_2_17_{self.machine}.manylinux2014_{self.machine}"


@dataclass(frozen=True)
class Python:
    """A binary interface of CPython, and where its headers come from."""

    name: str  # of the wheel's first two tags
    version: str  # of the headers
    soabi: str  # the middle of the module's file name; "abi3" for the stable one

    @property
    def tags(self) -> str:
        return f"{self.name}-{'abi3' if self.stable else self.name}"

    @property
    def stable(self) -> bool:
        return self.soabi == "abi3"

    def soabi_for(self, target: Target) -> str:
        return self.soabi if self.stable else f"{self.soabi}-{target.triplet}"


TARGETS = {
    target.machine: target
    for target in (Target("x86_64", "amd64", "amd64"), Target("aarch64", "arm64", "arm64"))
}
PYTHONS = {
    python.name: python
    for python in (
        Python("cp310", "3.10", "cpython-310"),
        Python("cp311", "3.11", "cpython-311"),
        Python("cp312", "3.13", "abi3"),  # one wheel for 3.12 and every later one
    )
}
