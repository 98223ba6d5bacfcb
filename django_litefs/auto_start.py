"""LiteFS and litefs-proxy for an app server that somebody else runs: runserver's reloader, or gunicorn's own master.

A child process of theirs, `litefs_start --no-server`, in a session of its own, so that a Ctrl-C reaches it only after
the app server has ended and let go of the mount. It says when it is up through NOTIFY_SOCKET, and ends with its parent,
even if that is killed.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence

STOP_LIMIT_S = 60  # more than STOP_TIMEOUT's default; then a second SIGTERM, which hurries
FAST_STOP_LIMIT_S = 10
LOOK_EVERY_S = 0.2  # whether it has ended instead of getting ready


class DidNotStartError(Exception):
    """LiteFS is not up; its own output says why."""


def manage(*arguments: str) -> list[str]:
    """A management command of this site, as a child process runs it."""
    script = sys.argv[0]
    if os.path.basename(script) == "__main__.py":
        return [sys.executable, "-m", "django", *arguments]
    return [sys.executable, os.path.abspath(script), *arguments]


def site_folder() -> str:
    """Where the site's modules are found: beside manage.py, or here."""
    script = sys.argv[0]
    return (
        os.getcwd() if os.path.basename(script) == "__main__.py" else os.path.dirname(os.path.abspath(script))
    )


def start(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Returns when LiteFS is up. How long that may take, the command limits itself. Raises DidNotStartError."""
    with tempfile.TemporaryDirectory(prefix="litefs-") as folder, _datagrams(folder) as heard:
        process = subprocess.Popen(
            [*command, "--no-server", "--parent", str(os.getpid())],
            env={**environment, "NOTIFY_SOCKET": heard.getsockname()},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _wait_ready(process, heard)
        except BaseException:
            stop(process)
            raise
    return process


def stop(process: subprocess.Popen[bytes]) -> None:
    """After the app server has ended. A Ctrl-C meanwhile hurries it."""
    for limit in (STOP_LIMIT_S, FAST_STOP_LIMIT_S):
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            process.wait(limit)
            return
    process.kill()
    process.wait()


def _datagrams(folder: str) -> socket.socket:
    heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    heard.bind(os.path.join(folder, "ready"))
    heard.settimeout(LOOK_EVERY_S)
    return heard


def _wait_ready(process: subprocess.Popen[bytes], heard: socket.socket) -> None:
    while process.poll() is None:
        try:
            if heard.recv(64) == b"READY=1":
                return
        except TimeoutError:
            continue
    raise DidNotStartError(f"LiteFS did not start: litefs_start ended with {process.returncode}, see above.")
