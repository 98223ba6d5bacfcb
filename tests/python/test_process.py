"""Executables, and the completed command of the app server."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_litefs.process import (
    ExecutableNotFoundError,
    complete_server,
    find_executable,
    target_connections,
)

TARGET = "127.0.0.1:8000"


@pytest.mark.parametrize(
    ("command", "environ", "completed", "connections"),
    [
        ("gunicorn s.wsgi", {}, "gunicorn --bind 127.0.0.1:8000 s.wsgi", 4),
        ("gunicorn s.wsgi -w 4", {}, "gunicorn --bind 127.0.0.1:8000 s.wsgi -w 4", 8),
        (
            "/v/bin/gunicorn s.wsgi --workers=4",
            {},
            "/v/bin/gunicorn --bind 127.0.0.1:8000 s.wsgi --workers=4",
            8,
        ),
        ("gunicorn s.wsgi -w4 --threads 3", {}, "gunicorn --bind 127.0.0.1:8000 s.wsgi -w4 --threads 3", 24),
        ("python -m gunicorn s.wsgi", {}, "python -m gunicorn --bind 127.0.0.1:8000 s.wsgi", 4),
        ("gunicorn s.wsgi", {"WEB_CONCURRENCY": "8"}, "gunicorn --bind 127.0.0.1:8000 s.wsgi", 16),
        ("gunicorn -b :9 s.wsgi", {}, "gunicorn -b :9 s.wsgi", 4),
        ("gunicorn s.wsgi", {"GUNICORN_CMD_ARGS": "--bind=:9 -w 3"}, "gunicorn s.wsgi", 6),
        ("gunicorn s.asgi -k gevent", {}, "gunicorn --bind 127.0.0.1:8000 s.asgi -k gevent", 64),
        ("uvicorn s.asgi:a", {}, "uvicorn --host 127.0.0.1 --port 8000 s.asgi:a", 64),
        ("uvicorn s.asgi:a --port 9", {}, "uvicorn s.asgi:a --port 9", 64),
        ("uvicorn --uds=/run/a s.asgi:a", {}, "uvicorn --uds=/run/a s.asgi:a", 64),
        ("myserver --flag", {}, "myserver --flag", 64),
    ],
)
def test_server_commands(command: str, environ: dict[str, str], completed: str, connections: int) -> None:
    server = complete_server(command.split(), TARGET, environ)
    assert " ".join(server.command) == completed
    assert target_connections(server) == connections


def test_executables_are_found_in_the_named_folder_only(tmp_path: Path) -> None:
    program = tmp_path / "litefs-proxy"
    program.write_text("#!/bin/sh\n")
    with pytest.raises(ExecutableNotFoundError, match="BINARY_PATH"):
        find_executable("litefs-proxy", str(tmp_path))
    program.chmod(0o755)
    assert find_executable("litefs-proxy", str(tmp_path)) == str(program)
