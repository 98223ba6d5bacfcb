"""The consistency cookie without a litefs-proxy in front: waits for a client's position, hands out the new one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django_litefs import _core, consistency
from django_litefs.conf import effective, this_node

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from django_litefs.node import Node

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.001, 0.05
COOKIE_MAX_AGE_S = 300

sleep = time.sleep
async_sleep = asyncio.sleep


def pauses(request: HttpRequest, context: consistency.RequestContext) -> Iterator[float]:
    """How long to sleep, again and again, until this replica has what the client saw; at most READ_WAIT in all."""
    if context.proxied or not effective().cluster:
        return
    demanded = _demanded(request)
    node = this_node()
    if not demanded or node is None:
        return
    deadline = time.monotonic() + _core.parse_duration(effective().read_wait)
    pause = FIRST_PAUSE_S
    while _behind(node, demanded) and (left := deadline - time.monotonic()) > 0:
        yield min(pause, left)
        pause = min(pause * 2, LONGEST_PAUSE_S)


def set_position(
    request: HttpRequest, context: consistency.RequestContext, response: HttpResponseBase, cookie_name: str
) -> None:
    """The cookie, the header for API clients, and the word that shared caches must not keep either."""
    value = _core.format_demands(_core.merge_demands(_demanded(request), context.demands()))
    response.set_cookie(
        cookie_name,
        value,
        max_age=COOKIE_MAX_AGE_S,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    response[consistency.POSITION_HEADER] = value
    cache_control = response.get("Cache-Control", "")
    if not any(word in cache_control for word in ("private", "no-store")):
        response["Cache-Control"] = f"{cache_control}, private".removeprefix(", ")


def _demanded(request: HttpRequest) -> list[tuple[int, _core.Position]]:
    value = request.headers.get(consistency.POSITION_HEADER) or request.COOKIES.get(
        effective().cookie_name, ""
    )
    try:
        return _core.parse_demands(value)
    except ValueError:
        return []


def _behind(node: Node, demanded: list[tuple[int, _core.Position]]) -> bool:
    facts = node.facts()
    if facts.writable or not facts.mount_alive:
        return False
    names = {_core.database_id(name): name for name in effective().all_databases}
    try:
        return any(
            node.position(names[database], facts.mount_device).txid < position.txid
            for database, position in demanded
            if database in names
        )
    except _core.MountError:
        return False
