"""The notes site, and what Django takes a request for."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseRedirect, JsonResponse
from django.urls import path
from notes_site.urls import urlpatterns as notes


def seen(request: HttpRequest) -> JsonResponse:
    return JsonResponse(
        {
            "secure": request.is_secure(),
            "url": request.build_absolute_uri(),
            "clients": request.headers.get("X-Forwarded-For", ""),
            "id": request.headers.get("X-Request-Id", ""),
        }
    )


def absolute(request: HttpRequest) -> HttpResponseRedirect:
    return HttpResponseRedirect(request.build_absolute_uri("/seen"))


urlpatterns = [path("seen", seen), path("absolute", absolute), *notes]
