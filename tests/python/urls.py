"""Views that write, or try to, in every way that the middleware has to notice."""

from __future__ import annotations

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.urls import path

from django_litefs import consistency
from django_litefs._core import Position
from django_litefs.db.backends.litefs.errors import Translator
from django_litefs.decorators import primary

POSITION = Position(7, 9)


def plain(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def writes(_request: HttpRequest) -> HttpResponse:
    context = consistency.current()
    assert context is not None
    context.written["db.sqlite3"] = POSITION
    return HttpResponse("written")


def refused(_request: HttpRequest) -> HttpResponse:
    raise Translator("db.sqlite3", None).not_primary()


def mountless(_request: HttpRequest) -> HttpResponse:
    raise Translator("db.sqlite3", None).mount_lost()


def swallowed(_request: HttpRequest) -> HttpResponse:
    try:
        refused(_request)
    except DatabaseError:
        return HttpResponse("swallowed")
    raise AssertionError


def writes_then_refused(_request: HttpRequest) -> HttpResponse:
    writes(_request)
    return refused(_request)


def lost(_request: HttpRequest) -> HttpResponse:
    raise Translator("db.sqlite3", None).commit_lost("it was killed")


async def awaited(_request: HttpRequest) -> HttpResponse:
    return refused(_request)


@primary
def on_primary(_request: HttpRequest) -> HttpResponse:
    context = consistency.current()
    assert context is not None
    return HttpResponse(str(context.immediate))


def begins(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("deferred" if consistency.begin_deferred() else "immediate")


urlpatterns = [
    path("plain", plain),
    path("writes", writes),
    path("refused", refused),
    path("mountless", mountless),
    path("swallowed", swallowed),
    path("writes-then-refused", writes_then_refused),
    path("lost", lost),
    path("awaited", awaited),
    path("primary", on_primary),
    path("begins", begins),
]
