"""live, ready and health of this node, for a site without litefs-proxy in front, which would answer them itself.

No query, no session, nothing cached. `?role=primary` or `?role=replica` makes another role an answer of 503.
"""

from __future__ import annotations

from dataclasses import asdict

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from django_litefs import health
from django_litefs.node import WRITABLE_ROLES

ROLES = {"primary": WRITABLE_ROLES, "replica": ("replica",)}


@transaction.non_atomic_requests
@never_cache
@require_safe
def live(_: HttpRequest) -> HttpResponse:
    """This process answers; a restart would not help more."""
    return _answer(health.verdict(), True)


@transaction.non_atomic_requests
@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Requests may be sent here: for load balancers."""
    found = health.verdict()
    return _for_role(request, found, found.ready)


@transaction.non_atomic_requests
@never_cache
@require_safe
def node_health(request: HttpRequest) -> HttpResponse:
    """Ready, with a primary in reach and reads no older than MAX_LAG: for alerts."""
    found = health.verdict()
    return _for_role(request, found, found.healthy)


def _for_role(request: HttpRequest, found: health.Verdict, good: bool) -> HttpResponse:
    wanted = request.GET.get("role")
    if wanted is None:
        return _answer(found, good)
    if wanted not in ROLES:
        return HttpResponseBadRequest("role is primary or replica\n", content_type="text/plain")
    return _answer(found, good and found.role in ROLES[wanted])


def _answer(found: health.Verdict, good: bool) -> JsonResponse:
    return JsonResponse(asdict(found), status=200 if good else 503)
