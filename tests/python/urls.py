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


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def writes(request: HttpRequest) -> HttpResponse:
    context = consistency.current()
    assert context is not None
    context.written["db.sqlite3"] = POSITION
    return HttpResponse("written")


def refused(request: HttpRequest) -> HttpResponse:
    raise Translator("db.sqlite3", None).not_primary()


def swallowed(request: HttpRequest) -> HttpResponse:
    try:
        refused(request)
    except DatabaseError:
        return HttpResponse("swallowed")
    raise AssertionError


def writes_then_refused(request: HttpRequest) -> HttpResponse:
    writes(request)
    return refused(request)


def lost(request: HttpRequest) -> HttpResponse:
    raise Translator("db.sqlite3", None).commit_lost("it was killed")


async def awaited(request: HttpRequest) -> HttpResponse:
    return refused(request)


@primary
def on_primary(request: HttpRequest) -> HttpResponse:
    context = consistency.current()
    assert context is not None
    return HttpResponse(str(context.immediate))


def begins(request: HttpRequest) -> HttpResponse:
    return HttpResponse("deferred" if consistency.begin_deferred() else "immediate")



urlpatterns = [
    path("plain", plain),
    path("writes", writes),
    path("refused", refused),
    path("swallowed", swallowed),
    path("writes-then-refused", writes_then_refused),
    path("lost", lost),
    path("awaited", awaited),
    path("primary", on_primary),
    path("begins", begins),
]
