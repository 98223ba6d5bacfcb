"""Child processes that speak only when they fail."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

LIMIT_S = 3600
SHOWN_LINES = 60


def quietly(
    command: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> None:
    """Runs the command; ends the program with its last words if it fails."""
    done = subprocess.run(
        command, cwd=cwd, env=env, timeout=LIMIT_S, text=True, errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if done.returncode != 0:
        said = "\n".join(done.stdout.splitlines()[-SHOWN_LINES:])
        raise SystemExit(f"{said}\nfailed ({done.returncode}): {shlex.join(map(str, command))}")
