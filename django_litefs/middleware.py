"""Tells the litefs-proxy in front what a request wrote, and asks it for the primary when a write was refused.

Put it first in MIDDLEWARE. Without litefs-proxy in front it works alone: it keeps the consistency cookie itself and
answers 503 when a write cannot happen here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from django_litefs import consistency, standalone
from django_litefs.conf import effective
from django_litefs.consistency import RequestContext
from django_litefs.db.backends.litefs.base import LitefsWrapperMixin
from django_litefs.decorators import require_primary
from django_litefs.doctor import probe
from django_litefs.exceptions import CommitLostError, LiteFSError
from django_litefs.replays import ReplayWatch

RETRY_AFTER_S = "1"
watch = ReplayWatch()


class ConsistencyMiddleware:
    """See the module. Sync and async."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)
        self.primary_views = frozenset(effective().primary_views)
        if self.primary_views:  # else no request pays for it
            self.process_view = self._process_view_async if self.is_async else self._process_view

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self.__acall__(request)
        context = _context(request)
        for pause in standalone.pauses(request, context):
            standalone.sleep(pause)
        with consistency.opened(context):
            return _finish(request, context, _probed(request) or self.get_response(request))

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        context = _context(request)
        for pause in standalone.pauses(request, context):
            await standalone.async_sleep(pause)
        with consistency.opened(context):
            response = await sync_to_async(_probed)(request) if _is_probe(request) else None
            response = response or await self.get_response(request)
            if context.answer_is_wrong:  # looks at connections, which belong to the thread of the views
                return await sync_to_async(_finish)(request, context, response)
            return _finish(request, context, response)

    def _process_view(
        self, request: HttpRequest, view: Callable[..., Any], *_: Any
    ) -> HttpResponseBase | None:
        """A view named in PRIMARY_VIEWS: on the primary, or nowhere."""
        context = consistency.current()
        if context is None or self.primary_views.isdisjoint(_names(request, view)):
            return None
        context.immediate = True
        try:
            require_primary()
        except LiteFSError as error:
            return _refusal(context, error)
        return None

    async def _process_view_async(self, *arguments: Any) -> HttpResponseBase | None:
        return self._process_view(*arguments)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """A refused write is no error of the site: no error mail, no got_request_exception."""
        context = consistency.current()
        if context is None or not isinstance(exception, LiteFSError):
            return None
        if context.replay or not settings.DEBUG:
            return _refusal(context, exception)
        return None  # Django's own error page


def _is_probe(request: HttpRequest) -> bool:
    return request.path_info == probe.PATH


def _probed(request: HttpRequest) -> HttpResponse | None:
    """The answer to litefs_doctor's write."""
    return probe.answer(request) if _is_probe(request) else None


def _context(request: HttpRequest) -> RequestContext:
    return consistency.make_context(request.method or "", request.headers.get(consistency.PROXIED_HEADER))


def _names(request: HttpRequest, view: Callable[..., Any]) -> tuple[str, str]:
    """What PRIMARY_VIEWS may call this view."""
    function = getattr(view, "view_class", view)
    url_name = request.resolver_match.view_name if request.resolver_match else ""
    return url_name, f"{function.__module__}.{getattr(function, '__qualname__', '')}"


def _view(request: HttpRequest) -> str:
    """The view as PRIMARY_VIEWS may name it; the path if a middleware answered."""
    return (request.resolver_match.view_name if request.resolver_match else "") or request.path


def _others_may_have_written() -> bool:
    """A database that is not on LiteFS is open: nobody tells what was committed there."""
    opened = (c for c in connections.all(initialized_only=True) if c.connection is not None)
    return any(not isinstance(connection, LitefsWrapperMixin) for connection in opened)


def _refusal(context: RequestContext, error: LiteFSError | str) -> HttpResponse:
    certain = context.replay or not _others_may_have_written()
    if isinstance(error, CommitLostError) or not context.nothing_committed or not certain:
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
    if context.safe:
        watch.read()
    if context.replay and context.refused_write:
        watch.replayed(_view(request))
    if context.answer_is_wrong and not settings.DEBUG:
        response = _refusal(context, "A write was refused.")
    for name, value in context.internal_headers().items():
        response[name] = value
    if not context.proxied and effective().cluster and context.written:
        standalone.set_position(request, context, response, effective().cookie_name)
    return response
