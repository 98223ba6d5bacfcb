"""Executables: where litefs and litefs-proxy are, why these, and whether they are of the tested versions."""

from __future__ import annotations

import importlib.resources
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django_litefs import __version__, _core, pinned

VERSION_TIMEOUT_S = 5.0
VERSION = re.compile(r"\bv?(\d+\.\d+\.\d+\S*)")
BINARY_PATH, BUNDLED, ON_PATH = (
    "LITEFS['BINARY_PATH'] names its folder",
    "bundled with django-litefs",
    "found on PATH, since none is bundled",
)


class ExecutableNotFoundError(Exception):
    """A program we need is nowhere."""


@dataclass(frozen=True)
class Executable:
    name: str
    path: str
    why: str

    @cached_property
    def version(self) -> str:
        """What it says of itself, such as "0.5.14+patched"; "" if it cannot be asked."""
        try:
            done = subprocess.run(
                [self.path, "version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        found = VERSION.search(done.stdout)
        return found[1].rstrip(",") if found else ""

    @cached_property
    def mismatch(self) -> str:
        """What is wrong with its version; "" if nothing is. Our own patches of LiteFS (`+patched`) are none."""
        wanted = expected_version(self.name)
        version = self.version
        if version.partition("+")[0] == wanted:
            return ""
        return (
            f"{self.name} {version or 'of unknown version'} at {self.path} ({self.why}): this release was tested with "
            f"{wanted}."
        )


def expected_version(name: str) -> str:
    return pinned.LITEFS_VERSION.removeprefix("v") if name == "litefs" else __version__


def choose_executable(name: str, folder: str = "") -> Executable:
    """`folder` (BINARY_PATH) if given, else the bundled one; LiteFS also from PATH, if it is of the pinned version.

    Raises ExecutableNotFoundError.
    """
    refused = ""
    for candidate in _candidates(name, folder):
        if not (os.path.isfile(candidate.path) and os.access(candidate.path, os.X_OK)):
            continue
        if candidate.why == ON_PATH and candidate.mismatch:
            refused = f" Not used: {candidate.mismatch}"
            continue
        return candidate
    where = folder or os.path.dirname(_bundled(name))
    if getattr(_core, "SINGLE_ONLY", False):
        raise ExecutableNotFoundError(
            f"{name} is not part of this installation, the Python part alone: run the app server itself, or install on "
            "Linux with glibc 2.17 or newer, x86_64 or aarch64."
        )
    raise ExecutableNotFoundError(
        f"{name} was not found in {where}: reinstall django-litefs (in a source tree: bin/setup), or set "
        f"LITEFS['BINARY_PATH'].{refused}"
    )


def find_executable(name: str, folder: str = "") -> str:
    """Its path. Raises ExecutableNotFoundError."""
    return choose_executable(name, folder).path


def mismatches(folder: str, *, cluster: bool) -> list[str]:
    """Of the programs that are not the bundled ones, one sentence for each whose version is another. May raise."""
    chosen = [choose_executable(name, folder) for name in ("litefs-proxy", *(["litefs"] if cluster else []))]
    return [found.mismatch for found in chosen if found.why != BUNDLED and found.mismatch]


def litefs_version(folder: str = "") -> str | None:
    """Of the LiteFS that litefs_start would run, such as "v0.5.14+patched"; None if it cannot be asked."""
    try:
        version = choose_executable("litefs", folder).version
    except ExecutableNotFoundError:
        return None
    return f"v{version}" if version else None


def litefs_proxy_main() -> None:
    """The console script `litefs-proxy`: becomes the bundled executable."""
    try:
        program = find_executable("litefs-proxy", os.environ.get("LITEFS_BINARY_PATH", ""))
    except ExecutableNotFoundError as error:
        sys.exit(f"litefs-proxy: {error}")
    os.execv(program, [program, *sys.argv[1:]])


def _candidates(name: str, folder: str) -> Iterator[Executable]:
    if folder:
        yield Executable(name, os.path.join(folder, name), BINARY_PATH)
        return
    yield Executable(name, _bundled(name), BUNDLED)
    if name == "litefs" and (
        found := shutil.which(name)
    ):  # a litefs-proxy on PATH would be our console script
        yield Executable(name, found, ON_PATH)


def _bundled(name: str) -> str:
    return os.fspath(importlib.resources.files("django_litefs") / "bin" / name)  # type: ignore[call-overload,no-any-return]
