"""Views of a site with hidden writers."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path

from django_litefs import is_primary, primary


def reads(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(Group.objects.count()))


def writes(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(Group.objects.create(name=f"g{Group.objects.count()}").pk))


@transaction.atomic
def writes_atomically(request: HttpRequest) -> HttpResponse:
    transaction.on_commit(lambda: None)
    return writes(request)


def counts_in_the_session(request: HttpRequest) -> HttpResponse:
    request.session["visits"] = request.session.get("visits", 0) + 1
    return HttpResponse(str(request.session["visits"]))


async def awaited(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(str((await Group.objects.acreate(name="async")).pk))


@primary
def declared(request: HttpRequest) -> HttpResponse:
    assert is_primary()
    return writes(request)


def login_callback(request: HttpRequest) -> HttpResponse:
    return writes(request)


def broken(_request: HttpRequest) -> HttpResponse:
    raise ValueError("broken")


urlpatterns = [
    path("reads", reads),
    path("writes", writes),
    path("writes-atomically", writes_atomically),
    path("session", counts_in_the_session),
    path("awaited", awaited),
    path("declared", declared),
    path("accounts/x/login/callback/", login_callback),
    path("broken", broken),
]
