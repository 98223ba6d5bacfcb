"""Executables: where litefs and litefs-proxy are."""

from __future__ import annotations

import importlib.resources
import os
import re
import shutil
import subprocess
import sys

VERSION_TIMEOUT_S = 5.0


class ExecutableNotFoundError(Exception):
    """A program we need is nowhere."""


def find_executable(name: str, folder: str = "") -> str:
    """`folder` (BINARY_PATH) if given, else the bundled one; LiteFS also from PATH. Raises ExecutableNotFoundError."""
    return choose_executable(name, folder)[0]


def choose_executable(name: str, folder: str = "") -> tuple[str, str]:
    """The same, and why it is that one."""
    if folder:
        candidates = [(os.path.join(folder, name), "LITEFS['BINARY_PATH'] names its folder")]
    else:
        bundled = os.fspath(importlib.resources.files("django_litefs") / "bin" / name)  # type: ignore[call-overload]
        candidates = [(bundled, "bundled with django-litefs")]
        if name == "litefs":  # a litefs-proxy on PATH would be our own console script
            candidates.append((shutil.which(name) or "", "found on PATH, since none is bundled"))
    for candidate, why in candidates:
        if candidate and os.access(candidate, os.X_OK) and os.path.isfile(candidate):
            return str(candidate), why
    raise ExecutableNotFoundError(
        f"{name} was not found in {os.path.dirname(candidates[0][0])}: reinstall django-litefs (in a source tree: "
        "bin/setup), or set LITEFS['BINARY_PATH']."
    )


def litefs_version(folder: str = "") -> str | None:
    """What the LiteFS that litefs_start would run says of itself, such as "v0.5.14"; None if it cannot be asked."""
    try:
        program = find_executable("litefs", folder)
        done = subprocess.run(
            [program, "version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT_S, check=False
        )
    except (ExecutableNotFoundError, OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"v\d+\.\d+\.\d+\S*", done.stdout)
    return found[0].rstrip(",") if found else None


def litefs_proxy_main() -> None:
    """The console script `litefs-proxy`: becomes the bundled executable."""
    try:
        program = find_executable("litefs-proxy", os.environ.get("LITEFS_BINARY_PATH", ""))
    except ExecutableNotFoundError as error:
        sys.exit(f"litefs-proxy: {error}")
    os.execv(program, [program, *sys.argv[1:]])
