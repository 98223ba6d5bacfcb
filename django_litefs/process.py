"""Executables: where litefs and litefs-proxy are."""

from __future__ import annotations

import importlib.resources
import os
import shutil
import sys


class ExecutableNotFoundError(Exception):
    """A program we need is nowhere."""


def find_executable(name: str, folder: str = "") -> str:
    """`folder` (BINARY_PATH) if given, else the bundled one; LiteFS also from PATH. Raises ExecutableNotFoundError."""
    if folder:
        candidates = [os.path.join(folder, name)]
    else:
        candidates = [os.fspath(importlib.resources.files("django_litefs") / "bin" / name)]  # type: ignore[call-overload]
        if name == "litefs":  # a litefs-proxy on PATH would be our own console script
            candidates.append(shutil.which(name) or "")
    for candidate in candidates:
        if candidate and os.access(candidate, os.X_OK) and os.path.isfile(candidate):
            return str(candidate)
    raise ExecutableNotFoundError(
        f"{name} was not found in {os.path.dirname(candidates[0])}: reinstall django-litefs (in a source tree: "
        "bin/setup), or set LITEFS['BINARY_PATH']."
    )


def litefs_proxy_main() -> None:
    """The console script `litefs-proxy`: becomes the bundled executable."""
    try:
        program = find_executable("litefs-proxy", os.environ.get("LITEFS_BINARY_PATH", ""))
    except ExecutableNotFoundError as error:
        sys.exit(f"litefs-proxy: {error}")
    os.execv(program, [program, *sys.argv[1:]])
