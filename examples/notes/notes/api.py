"""A small JSON API. Clients without a cookie jar send back the header `litefs-position`."""

from __future__ import annotations

import json
import os

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from django_litefs import replicated

from .models import Attachment, Note
from .served_by import node_name

LIST_LIMIT = 1000


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def notes(request: HttpRequest) -> JsonResponse:
    return create_note(request) if request.method == "POST" else list_notes(request)


@csrf_exempt
@replicated
def replicated_notes(request: HttpRequest) -> JsonResponse:
    """The same for notes that must not be lost: answered when the other nodes have them, too."""
    return notes(request)


def create_note(request: HttpRequest) -> JsonResponse:
    try:
        fields = json.loads(request.body)
        note = Note(title=fields["title"], text=fields.get("text", ""), token=fields.get("token", ""))
    except (ValueError, TypeError, KeyError, AttributeError):
        return JsonResponse(
            {"error": 'expected a JSON object such as {"title": "…", "text": "…"}'}, status=400
        )
    note.save()
    return JsonResponse(
        {"id": note.pk, "token": note.token, "node": node_name(), "pid": os.getpid()}, status=201
    )


def list_notes(request: HttpRequest) -> JsonResponse:
    """Newest first; `?token=` names one attempt, `?client=` all of a client (tokens "<client>.<number>"),
    `?after=` pages through all notes in order of id. `newest` is the last id of all, `asked` the question."""
    found = Note.objects.all()
    if "token" in request.GET:
        found = found.filter(token=request.GET["token"])
    if "client" in request.GET:
        client = request.GET["client"]
        found = found.filter(token__gt=f"{client}.", token__lt=f"{client}/")  # "/" comes after "."
    if "after" in request.GET:
        found = found.filter(pk__gt=int(request.GET["after"])).order_by("pk")
    rows = [{"id": n.pk, "title": n.title, "token": n.token} for n in found[:LIST_LIMIT]]
    newest = Note.objects.values_list("pk", flat=True).first()
    asked = request.META["QUERY_STRING"]
    return JsonResponse(
        {"notes": rows, "newest": newest or 0, "asked": asked, "node": node_name(), "pid": os.getpid()}
    )


@require_safe
def attachments(request: HttpRequest) -> JsonResponse:
    rows = [
        {"name": a.name, "size": a.size, "sha256": a.sha256} for a in Attachment.objects.all()[:LIST_LIMIT]
    ]
    return JsonResponse({"attachments": rows, "node": node_name()})
