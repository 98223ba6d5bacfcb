"""One path for each way to write in a GET. `?token=` names the note that must be there once."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.auth import get_user_model, login
from django.db import DatabaseError, transaction
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.urls import include, path
from notes.models import Note
from notes.served_by import node_name

from django_litefs import primary

FIRST_PIECE = b"x" * 100_000


def note(request: HttpRequest) -> Note:
    return Note(title=request.path, token=request.GET["token"])


def done(**more: object) -> JsonResponse:
    return JsonResponse({"node": node_name(), **more})


def plain(request: HttpRequest) -> JsonResponse:
    note(request).save()
    return done()


def read_first(request: HttpRequest) -> JsonResponse:
    newest = Note.objects.first()  # type: ignore[attr-defined]
    note(request).save()
    return done(newest=newest and newest.pk)


def swallow(request: HttpRequest) -> JsonResponse:
    try:
        with transaction.atomic():
            note(request).save()
    except DatabaseError:
        return done(written=False)
    return done(written=True)


@transaction.non_atomic_requests
def autocommit(request: HttpRequest) -> JsonResponse:
    return plain(request)


@transaction.non_atomic_requests
async def awaited(request: HttpRequest) -> JsonResponse:
    await note(request).asave()
    return done()


@transaction.non_atomic_requests
async def awaited_swallow(request: HttpRequest) -> JsonResponse:
    try:
        await note(request).asave()
    except DatabaseError:
        return done(written=False)
    return done(written=True)


@primary
def marked(request: HttpRequest) -> JsonResponse:
    return read_first(request)


@transaction.non_atomic_requests
@primary
async def awaited_marked(request: HttpRequest) -> JsonResponse:
    return await awaited(request)


def not_ours(request: HttpRequest) -> JsonResponse:
    return read_first(request)


def stream_of_what_was_written(request: HttpRequest) -> StreamingHttpResponse:
    note(request).save()
    return StreamingHttpResponse(iter([b'{"node": "', node_name().encode(), b'"}']))


@transaction.non_atomic_requests
def stream_that_writes(request: HttpRequest) -> StreamingHttpResponse:
    def pieces() -> Iterator[bytes]:
        yield FIRST_PIECE
        note(request).save()
        yield b"the end"

    return StreamingHttpResponse(pieces())


def login_link(request: HttpRequest) -> JsonResponse:
    """A new session, and last_login."""
    user, _ = get_user_model().objects.get_or_create(username="visitor")
    login(request, user)
    return done()


def session(request: HttpRequest) -> JsonResponse:
    request.session["count"] = request.session.get("count", 0) + 1
    return done(count=request.session["count"])


def seen(request: HttpRequest) -> JsonResponse:
    """Writes nothing itself: SessionMiddleware saves the session when this is done."""
    return done(user=request.user.get_username(), last_login=str(getattr(request.user, "last_login", None)))


urlpatterns = [
    path("w/plain/", plain),
    path("w/read-first/", read_first),
    path("w/swallow/", swallow),
    path("w/autocommit/", autocommit),
    path("w/async/", awaited),
    path("w/async-swallow/", awaited_swallow),
    path("w/marked/", marked),
    path("w/marked-async/", awaited_marked),
    path("w/named/", read_first, name="named"),
    path("w/not-ours/", not_ours),
    path("w/stream/", stream_of_what_was_written),
    path("w/stream-writes/", stream_that_writes),
    path("w/login/", login_link),
    path("w/session/", session),
    path("w/seen/", seen),
    path("", include("notes_site.urls")),
]
