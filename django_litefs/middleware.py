"""Tells the litefs-proxy in front what a request wrote, and asks it for the primary when a write was refused.

Put it first in MIDDLEWARE. Without litefs-proxy in front it works alone: it keeps the consistency cookie itself and
answers 503 when a write cannot happen here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from django_litefs import consistency, standalone
from django_litefs.conf import effective
from django_litefs.consistency import RequestContext
from django_litefs.exceptions import CommitLostError, LiteFSError

RETRY_AFTER_S = "1"


class ConsistencyMiddleware:
    """See the module. Sync and async."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self.__acall__(request)
        context = _context(request)
        for pause in standalone.pauses(request, context):
            standalone.sleep(pause)
        with consistency.opened(context):
            return _finish(request, context, self.get_response(request))

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        context = _context(request)
        for pause in standalone.pauses(request, context):
            await standalone.async_sleep(pause)
        with consistency.opened(context):
            return _finish(request, context, await self.get_response(request))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """A refused write is no error of the site: no error mail, no got_request_exception."""
        context = consistency.current()
        if context is None or not isinstance(exception, LiteFSError):
            return None
        if context.replay or not settings.DEBUG:
            return _refusal(context, exception)
        return None  # Django's own error page


def _context(request: HttpRequest) -> RequestContext:
    return consistency.make_context(request.method or "", request.headers.get(consistency.PROXIED_HEADER))


def _refusal(context: RequestContext, error: LiteFSError) -> HttpResponse:
    if isinstance(error, CommitLostError) or not context.nothing_committed:
        return HttpResponse(
            "The outcome of this request is unknown.\n", status=500, content_type="text/plain"
        )
    response = HttpResponse(
        f"{error}\n" if settings.DEBUG else "Please try again.\n", status=503, content_type="text/plain"
    )
    response["Retry-After"] = RETRY_AFTER_S
    # Django would log it as a server error and mail the admins.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _finish(request: HttpRequest, context: RequestContext, response: HttpResponseBase) -> HttpResponseBase:
    for name, value in context.internal_headers().items():
        response[name] = value
    if not context.proxied and effective().cluster and context.written:
        standalone.set_position(request, context, response, effective().cookie_name)
    return response
