from __future__ import annotations

from django.contrib import admin
from django.contrib.staticfiles.views import serve
from django.urls import path
from notes import api, views

urlpatterns = [
    path("", views.note_list, name="note-list"),
    path("notes/<int:pk>/", views.note_detail, name="note-detail"),
    path("visits/", views.visits, name="visits"),
    path("attachments/", views.attachment_list, name="attachment-list"),
    path("about/", views.about, name="about"),
    path("api/notes/", api.notes, name="api-notes"),
    path("api/notes/replicated/", api.replicated_notes, name="api-replicated-notes"),
    path("api/attachments/", api.attachments, name="api-attachments"),
    path("admin/", admin.site.urls),
    # Good enough for an example without a web server; a real site serves these with whitenoise or nginx.
    path("static/<path:path>", serve, {"insecure": True}),
]
