"""Asks this node's litefs-proxy over its control socket: the whole cluster, maintenance, promotion."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any

from django_litefs import config
from django_litefs.conf import effective

ANSWER_TIMEOUT_S = 5.0
CHANGE_TIMEOUT_S = 30.0  # a handoff with all of its bounds


class ControlError(Exception):
    """The question was not answered, or refused; the text is for people."""


class NotAnsweringError(ControlError):
    """No litefs-proxy could be asked."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(method: str, target: str, body: dict[str, Any] | None = None, timeout: float = 0.0) -> dict[str, Any]:
    """The answer of this node's litefs-proxy. Raises ControlError."""
    path = config.socket_path(effective())
    connection = _Connection(path, timeout or ANSWER_TIMEOUT_S)
    try:
        connection.request(method, target, json.dumps(body) if body is not None else None)
        answer = connection.getresponse()
        found = json.loads(answer.read())
    except PermissionError:
        raise NotAnsweringError(
            f"{path} may be used by the user of litefs-proxy alone: run this as that user."
        ) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotAnsweringError(
            f"No litefs-proxy answers at {path} ({error}): is 'manage.py litefs_start' running?"
        ) from None
    finally:
        connection.close()
    if not isinstance(found, dict):
        raise NotAnsweringError(f"{path} is not the socket of a litefs-proxy.")
    if answer.status != 200 and target != "/status":
        raise ControlError(str(found.get("error", f"litefs-proxy answered {answer.status}")))
    return found


def cluster() -> dict[str, Any]:
    """Every node, as the primary's proxy knows them; as this node alone does, with "error", if that does not answer."""
    return ask("GET", "/cluster")


def promote(node: str = "", *, force: bool = False) -> dict[str, Any]:
    """Makes this node, or the named one, the primary: {"hold_ms", "primary"}.

    `force`: this one, that serves reads only since others may hold more.
    """
    return ask("POST", "/promote", {"node": node, **({"force": True} if force else {})}, CHANGE_TIMEOUT_S)


def maintain(seconds: float) -> dict[str, Any]:
    """Lets no write start in the whole cluster for so long; 0 ends it.

    Tells {"left_ms", "before_ms"} and, if it is on, {"drained"} or why that is not so in {"running"}.
    """
    return ask("POST", "/maintenance", {"for_ms": round(seconds * 1000)}, CHANGE_TIMEOUT_S)
