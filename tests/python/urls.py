"""Views that write, or try to, in every way that the middleware has to notice."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views import View

from django_litefs import consistency
from django_litefs._core import Position
from django_litefs.db.backends.litefs.errors import Translator
from django_litefs.decorators import primary, replicated

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


def swallowed_then_writes(_request: HttpRequest) -> HttpResponse:
    swallowed(_request)
    return writes(_request)


def elsewhere(_request: HttpRequest) -> HttpResponse:
    connections["elsewhere"].connection = sqlite3.connect(":memory:")
    return refused(_request)


def writes_then_refused(_request: HttpRequest) -> HttpResponse:
    writes(_request)
    return refused(_request)


def lost(_request: HttpRequest) -> HttpResponse:
    raise Translator("db.sqlite3", None).commit_lost("it was killed")


class RefusedAfterTheView:
    """A middleware that writes when the view is done, as SessionMiddleware does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        return refused(request) if request.path == "/plain" else response


async def awaited(_request: HttpRequest) -> HttpResponse:
    return refused(_request)


ran: list[str] = []


@primary
async def awaited_on_primary(_request: HttpRequest) -> HttpResponse:
    ran.append("async")
    return HttpResponse("ok")


def hidden_writer(_request: HttpRequest) -> HttpResponse:
    ran.append("hidden")
    return HttpResponse("deferred" if consistency.begin_deferred() else "immediate")


async def awaited_hidden_writer(request: HttpRequest) -> HttpResponse:
    return hidden_writer(request)


class HiddenWriter(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return hidden_writer(request)


@primary
def on_primary(_request: HttpRequest) -> HttpResponse:
    context = consistency.current()
    assert context is not None
    return HttpResponse(str(context.immediate))


@replicated
def replicated_writes(request: HttpRequest) -> HttpResponse:
    return writes(request)


@replicated
async def awaited_replicated_writes(request: HttpRequest) -> HttpResponse:
    return writes(request)


@replicated
def replicated_writes_and_fails(request: HttpRequest) -> HttpResponse:
    writes(request)
    raise ValueError


@replicated
def replicated_nothing(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def begins(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("deferred" if consistency.begin_deferred() else "immediate")


def counts_rows(_request: HttpRequest) -> HttpResponse:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM t")
        return HttpResponse(str(cursor.fetchone()[0]))


between: list[Callable[[], None]] = []


def reads_then_writes(request: HttpRequest) -> HttpResponse:
    counts_rows(request)
    for each in between:
        each()
    with connections["default"].cursor() as cursor:
        cursor.execute("INSERT INTO t VALUES (7)")
    return HttpResponse("written")


urlpatterns = [
    path("counts-rows", counts_rows),
    path("reads-then-writes", reads_then_writes),
    path("plain", plain),
    path("writes", writes),
    path("replicated", replicated_writes),
    path("replicated-awaited", awaited_replicated_writes),
    path("replicated-fails", replicated_writes_and_fails),
    path("replicated-nothing", replicated_nothing),
    path("refused", refused),
    path("mountless", mountless),
    path("swallowed", swallowed),
    path("swallowed-then-writes", swallowed_then_writes),
    path("elsewhere", elsewhere),
    path("awaited-primary", awaited_on_primary),
    path("hidden", hidden_writer),
    path("hidden-named", hidden_writer, name="hidden-writer"),
    path("hidden-class", HiddenWriter.as_view()),
    path("hidden-async", awaited_hidden_writer),
    path("writes-then-refused", writes_then_refused),
    path("lost", lost),
    path("awaited", awaited),
    path("primary", on_primary),
    path("begins", begins),
]
