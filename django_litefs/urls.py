"""For a site without litefs-proxy in front: path("litefs/", include("django_litefs.urls"))."""

from __future__ import annotations

from django.urls import path

from django_litefs import views

app_name = "litefs"
urlpatterns = [
    path("live", views.live, name="live"),
    path("ready", views.ready, name="ready"),
    path("health", views.node_health, name="health"),
]
