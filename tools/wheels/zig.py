"""zig as C and C++ compiler of a target: `zig c++` brings headers and stubs of every glibc, and libc++."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shlex
import sys
from pathlib import Path

from tools.wheels.targets import KEPT, Target

TOOLS = {
    "C_COMPILER": "cc -target {target}",
    "CXX_COMPILER": "c++ -target {target}",
    "AR": "ar",
    "RANLIB": "ranlib",
}
# `zig c++ -x c++-header` writes a precompiled header by itself and refuses CMake's request to do so.
WRAPPER = """#!/bin/bash
export ZIG_GLOBAL_CACHE_DIR={cache} ZIG_LOCAL_CACHE_DIR="${{LITEFS_OBJECTS:-{cache}}}"
arguments=()
for word in "$@"; do
  if [[ $word == -emit-pch ]]; then
    unset "arguments[-1]" # -Xclang
  else
    arguments+=("$word")
  fi
done
exec "$LITEFS_ZIG" -m ziglang {command} "${{arguments[@]}}"
"""


def version() -> str:
    return importlib.metadata.version("ziglang")


def library() -> Path:
    """The sources of what zig itself adds to an executable."""
    found = importlib.util.find_spec("ziglang")
    assert found is not None, "zig is installed by bin/wheels"
    assert found.origin is not None
    return Path(found.origin).parent / "lib"


def environment() -> dict[str, str]:
    """What the wrappers ask for: they outlive the virtual environment that zig is in."""
    return {**os.environ, "LITEFS_ZIG": sys.executable}


def write_wrappers(folder: Path, target: Target) -> None:
    folder.mkdir(parents=True)
    for name, command in TOOLS.items():
        wrapper = folder / name
        wrapper.write_text(
            WRAPPER.format(
                cache=shlex.quote(str(KEPT / "zig")),
                command=command.format(target=target.zig),
            )
        )
        wrapper.chmod(0o755)


def flags(**folders: Path) -> str:
    """No debug information, and no file remembers where it was compiled: two builds of one source are equal.

    `folders` are known by their names here, wherever they are.
    """
    places = {"kept": KEPT, **folders}
    return " ".join(["-g0", *(f"-ffile-prefix-map={path}={name}" for name, path in places.items())])
