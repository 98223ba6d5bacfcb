"""The consistency cookie without a litefs-proxy in front, for Django's requests and responses; see exchange.py."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django_litefs import _core, consistency, exchange
from django_litefs.conf import effective, this_node

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

sleep = time.sleep
async_sleep = asyncio.sleep


def pauses(request: HttpRequest, context: consistency.RequestContext) -> Iterator[float]:
    """How long to sleep, again and again, until this replica has what the client saw; at most READ_WAIT in all."""
    node = None if context.proxied else this_node()
    if node is None:
        return iter(())
    s = effective()
    place = exchange.Place(node, s.all_databases, _core.parse_duration(s.read_wait), s.cookie_name)
    return exchange.waiting(place, _demanded(request))


def set_position(
    request: HttpRequest, context: consistency.RequestContext, response: HttpResponseBase, cookie_name: str
) -> None:
    """The cookie, the header for API clients, and the word that shared caches must not keep either."""
    value = exchange.advanced(_demanded(request), context)
    response.set_cookie(
        cookie_name,
        value,
        max_age=exchange.COOKIE_MAX_AGE_S,
        httponly=True,
        samesite=effective().cookie_samesite,
        domain=effective().cookie_domain or None,
        secure=request.is_secure(),
    )
    response[consistency.POSITION_HEADER] = value
    response["Cache-Control"] = exchange.for_one_client(response.get("Cache-Control", ""))


def _demanded(request: HttpRequest) -> exchange.Demands:
    return exchange.demanded(
        request.headers.get(consistency.POSITION_HEADER) or request.COOKIES.get(effective().cookie_name, "")
    )
