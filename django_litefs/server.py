"""The app server: which one, where it listens, and how many connections at once it takes."""

from __future__ import annotations

import importlib.util
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django_litefs._values import split_address

DEFAULT_TARGET_CONNECTIONS = 64
LEAST_TARGET_CONNECTIONS = 4


class NoServerError(Exception):
    """No app server was named and none is installed."""


@dataclass(frozen=True)
class Server:
    """The app server's complete command, and how many connections at once it can take (None: unknown)."""

    command: tuple[str, ...]
    connections: int | None


@dataclass(frozen=True)
class _Known:
    """How a server is told where to listen: `bind(host, port)` unless one of `own` is given."""

    own: tuple[str, ...]
    bind: Callable[[str, int], list[str]]


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


KNOWN = {
    "gunicorn": _Known(("--bind", "-b"), lambda host, port: ["--bind", _address(host, port)]),
    "hypercorn": _Known(("--bind", "-b"), lambda host, port: ["--bind", _address(host, port)]),
    "uvicorn": _Known(("--port", "--uds", "--fd"), lambda host, port: ["--host", host, "--port", str(port)]),
    "granian": _Known(("--port", "--uds"), lambda host, port: ["--host", host, "--port", str(port)]),
    "daphne": _Known(
        ("--port", "-p", "--unix-socket", "-u", "--fd", "--endpoint", "-e"),
        lambda host, port: ["--bind", host, "--port", str(port)],
    ),
    "waitress-serve": _Known(
        ("--listen", "--port", "--unix-socket"), lambda host, port: ["--listen", _address(host, port)]
    ),
}
# Those that are picked if none is named, in this order.
WSGI_SERVERS: dict[str, list[str]] = {"gunicorn": [], "granian": ["--interface", "wsgi"]}
ASGI_SERVERS: dict[str, list[str]] = {
    "uvicorn": [],
    "hypercorn": [],
    "daphne": [],
    "granian": ["--interface", "asginl"],
}


def pick_server(wsgi: str, asgi: str) -> list[str]:
    """The command of an installed server for the site's application, the one of ASGI if it has one.

    `wsgi`, `asgi`: WSGI_APPLICATION and ASGI_APPLICATION ('mysite.wsgi.application'), or ''. Raises NoServerError.
    """
    for application, servers in ((asgi, ASGI_SERVERS), (wsgi, WSGI_SERVERS)):
        for name, arguments in servers.items():
            if application and importlib.util.find_spec(name) is not None:
                module, _, variable = application.rpartition(".")
                return [sys.executable, "-m", name, *arguments, f"{module}:{variable}"]
    wanted = ", ".join(dict.fromkeys([*WSGI_SERVERS, *ASGI_SERVERS]))
    raise NoServerError(
        f"Which app server? None is installed ({wanted}): pip install one, or name yours, "
        "e.g. manage.py litefs_start -- gunicorn mysite.wsgi"
    )


def complete_server(command: Sequence[str], target: str, environ: Mapping[str, str]) -> Server:
    """Adds the address to listen on for servers we know, if the command names none."""
    position, name = _program(command)
    known = KNOWN.get(name)
    if known is None:
        return Server(tuple(command), None)
    given = list(command[position + 1 :])
    if name == "gunicorn":
        given = [*shlex.split(environ.get("GUNICORN_CMD_ARGS", "")), *given]
    host, port = split_address(target)
    bind = [] if any(_value(given, option) for option in known.own) else known.bind(host or "127.0.0.1", port)
    connections = _gunicorn_connections(given, environ) if name == "gunicorn" else None
    return Server((*command[: position + 1], *bind, *command[position + 1 :]), connections)


def target_connections(server: Server) -> int:
    """Twice what the server handles at once: the next request is already in its backlog when a worker becomes free.

    More would wait there, invisible and in no fair order; the server's backlog (2048 in gunicorn) takes these few, so
    none is refused.
    """
    if server.connections is None:
        return DEFAULT_TARGET_CONNECTIONS
    return max(LEAST_TARGET_CONNECTIONS, 2 * server.connections)


def _program(command: Sequence[str]) -> tuple[int, str]:
    """Index and name of the server in `gunicorn …`, `/path/gunicorn …` or `python -m gunicorn …`."""
    for index, word in enumerate(command[:3]):
        if word != "-m" and os.path.basename(word) in KNOWN:
            return index, os.path.basename(word)
    return 0, os.path.basename(command[0])


def _value(arguments: Sequence[str], *names: str) -> str:
    """The value of the last such option: `--name value`, `--name=value`, `-n value` or `-nvalue`."""
    found = ""
    for index, word in enumerate(arguments):
        for name in names:
            if word == name and index + 1 < len(arguments):
                found = arguments[index + 1]
            elif word.startswith(f"{name}=") or (
                not name.startswith("--") and word.startswith(name) and word != name
            ):
                found = word[len(name) :].removeprefix("=")
    return found


def _gunicorn_connections(arguments: Sequence[str], environ: Mapping[str, str]) -> int | None:
    workers = _value(arguments, "--workers", "-w") or environ.get("WEB_CONCURRENCY", "1")
    threads = _value(arguments, "--threads") or "1"
    kind = _value(arguments, "--worker-class", "-k") or "sync"
    if kind not in ("sync", "gthread") or not workers.isdigit() or not threads.isdigit():
        return None
    return int(workers) * int(threads)
