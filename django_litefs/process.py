"""Executables and commands: where litefs and litefs-proxy are, and how the app server's command is completed."""

from __future__ import annotations

import importlib.resources
import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django_litefs._values import split_address

DEFAULT_TARGET_CONNECTIONS = 64
LEAST_TARGET_CONNECTIONS = 4


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


@dataclass(frozen=True)
class Server:
    """The app server's complete command, and how many connections at once it can take (None: unknown)."""

    command: tuple[str, ...]
    connections: int | None


def complete_server(command: Sequence[str], target: str, environ: Mapping[str, str]) -> Server:
    """Adds the address to listen on for servers we know, if the command names none."""
    position, name = _program(command)
    words, own = list(command), command[position + 1 :]
    host, port = split_address(target)
    bind: list[str] = []
    if name == "gunicorn":
        settings = [*shlex.split(environ.get("GUNICORN_CMD_ARGS", "")), *own]
        bind = [] if _value(settings, "--bind", "-b") else ["--bind", target]
        return Server(_inserted(words, position, bind), _gunicorn_connections(settings, environ))
    if name == "uvicorn":
        if not _value(own, "--port") and not _value(own, "--uds") and not _value(own, "--fd"):
            bind = ["--host", host or "127.0.0.1", "--port", str(port)]
        return Server(_inserted(words, position, bind), None)
    return Server(tuple(words), None)


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
        if word != "-m" and os.path.basename(word) in ("gunicorn", "uvicorn"):
            return index, os.path.basename(word)
    return 0, os.path.basename(command[0])


def _inserted(words: list[str], position: int, arguments: list[str]) -> tuple[str, ...]:
    return (*words[: position + 1], *arguments, *words[position + 1 :])


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
