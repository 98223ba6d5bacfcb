"""Which node made an answer, at the foot of each page and as header `X-Served-By: <node> <role> <pid>`."""

from __future__ import annotations

import os
import socket

from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from django_litefs.conf import this_node


def node_name() -> str:
    return os.environ.get("LITEFS_HOSTNAME") or socket.gethostname()


def node_role() -> str:
    node = this_node()
    return node.facts().role if node else "single"


def served_by(request: HttpRequest) -> dict[str, str]:
    return {"node": node_name(), "role": node_role()}


class ServedByMiddleware(MiddlewareMixin):
    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response["X-Served-By"] = f"{node_name()} {node_role()} {os.getpid()}"
        return response
