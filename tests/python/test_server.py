"""The app server: picked, told where to listen, its connections counted."""

from __future__ import annotations

import sys

import pytest

from django_litefs.server import NoServerError, complete_server, pick_server, target_connections

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
        ("hypercorn s.asgi:a", {}, "hypercorn --bind 127.0.0.1:8000 s.asgi:a", 64),
        ("granian s.asgi:a --uds /run/a", {}, "granian s.asgi:a --uds /run/a", 64),
        ("granian s.asgi:a", {}, "granian --host 127.0.0.1 --port 8000 s.asgi:a", 64),
        ("daphne s.asgi:a", {}, "daphne --bind 127.0.0.1 --port 8000 s.asgi:a", 64),
        ("waitress-serve s.wsgi:a", {}, "waitress-serve --listen 127.0.0.1:8000 s.wsgi:a", 64),
        ("myserver --flag", {}, "myserver --flag", 64),
    ],
)
def test_server_commands(command: str, environ: dict[str, str], completed: str, connections: int) -> None:
    server = complete_server(command.split(), TARGET, environ)
    assert " ".join(server.command) == completed
    assert target_connections(server) == connections


@pytest.mark.parametrize(
    ("installed", "wsgi", "asgi", "picked"),
    [
        (("gunicorn", "uvicorn"), "s.wsgi.application", "", "gunicorn s.wsgi:application"),
        (("gunicorn", "uvicorn"), "s.wsgi.application", "s.asgi.app", "uvicorn s.asgi:app"),
        (("gunicorn",), "s.wsgi.application", "s.asgi.app", "gunicorn s.wsgi:application"),
        (("granian",), "s.wsgi.application", "", "granian --interface wsgi s.wsgi:application"),
        (("uvicorn",), "s.wsgi.application", "", None),
        ((), "s.wsgi.application", "s.asgi.app", None),
        (("gunicorn",), "", "", None),
    ],
)
def test_a_server_is_picked(
    monkeypatch: pytest.MonkeyPatch, installed: tuple[str, ...], wsgi: str, asgi: str, picked: str | None
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name in installed or None)
    if picked is None:
        with pytest.raises(NoServerError, match="pip install"):
            pick_server(wsgi, asgi)
    else:
        assert pick_server(wsgi, asgi) == [sys.executable, "-m", *picked.split()]
