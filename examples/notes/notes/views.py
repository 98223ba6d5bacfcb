from __future__ import annotations

import hashlib

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from .forms import AttachmentForm, NoteForm
from .models import Attachment, Counter, Note

PAGE_SIZE = 50


def note_list(request: HttpRequest) -> HttpResponse:
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return redirect(form.save())
    return render(request, "notes/note_list.html", {"notes": Note.objects.all()[:PAGE_SIZE], "form": form})


@require_safe
def note_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "notes/note_detail.html", {"note": get_object_or_404(Note, pk=pk)})


@require_safe
def visits(request: HttpRequest) -> HttpResponse:
    """Writes in a GET. A replica refuses the write at once and the proxy runs the request on the primary."""
    counter, _ = Counter.objects.get_or_create(name="visits")
    Counter.objects.filter(pk=counter.pk).update(count=F("count") + 1)
    counter.refresh_from_db()
    return render(request, "notes/visits.html", {"counter": counter})


def attachment_list(request: HttpRequest) -> HttpResponse:
    form = AttachmentForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        digest = hashlib.sha256()
        for chunk in file.chunks():
            digest.update(chunk)
        Attachment.objects.create(name=file.name, size=file.size, sha256=digest.hexdigest())
        return redirect("attachment-list")
    attachments = Attachment.objects.all()[:PAGE_SIZE]
    return render(request, "notes/attachment_list.html", {"attachments": attachments, "form": form})


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """A page without a query: any node serves it, whatever state its database is in."""
    return render(request, "notes/about.html")
