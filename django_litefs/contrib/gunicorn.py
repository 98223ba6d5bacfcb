"""LiteFS and litefs-proxy started and stopped by gunicorn's own master, for those who do not want litefs_start.

In gunicorn.conf.py:

    from django_litefs.contrib.gunicorn import on_exit, on_starting
    raw_env = ["DJANGO_SETTINGS_MODULE=mysite.settings"]

Workers start when the mount is there and the migrations are done; LiteFS stops after the last worker.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from django_litefs import auto_start
from django_litefs.server import Server, target_connections

_started: list[subprocess.Popen[bytes]] = []


class CannotStartError(Exception):
    """gunicorn's configuration does not go with these hooks."""


def on_starting(server: Any) -> None:
    """gunicorn's hook, in its master, before any worker."""
    if server.master_pid:  # the second master of a USR2
        raise CannotStartError("USR2 would leave two masters with one LiteFS: use HUP, or stop and start.")
    if "DJANGO_SETTINGS_MODULE" not in os.environ:
        raise CannotStartError(
            "Set raw_env = ['DJANGO_SETTINGS_MODULE=mysite.settings'] in gunicorn.conf.py."
        )
    found = {
        "LITEFS_PROXY_TARGET": _address(server.cfg),
        "LITEFS_TARGET_CONNECTIONS": _connections(server.cfg),
    }
    environment = {**{key: value for key, value in found.items() if value}, **os.environ}
    _started.append(auto_start.start([sys.executable, "-m", "django", "litefs_start"], environment))


def on_exit(_server: Any) -> None:
    """gunicorn's hook, in its master, after the last worker."""
    while _started:
        auto_start.stop(_started.pop())


def _address(cfg: Any) -> str:
    """Where gunicorn listens, if that is an address of TCP; else PROXY_TARGET has to say it."""
    for address in cfg.address:
        if isinstance(address, tuple):
            host, port = address[:2]
            return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return ""


def _connections(cfg: Any) -> str:
    known = cfg.worker_class_str in ("sync", "gthread")
    return str(target_connections(Server((), cfg.workers * cfg.threads if known else None)))
