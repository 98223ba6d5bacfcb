"""The cluster in Django's admin: every node, live. It reads no table and writes none, so it works on a replica too.

What it shows comes from this node's litefs-proxy, which asks the primary's. One thing can be changed: who is primary,
by those who may (`django_litefs.promote`), with a POST.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_GET, require_POST

from django_litefs import control
from django_litefs.conf import effective
from django_litefs.models import Cluster

logger = logging.getLogger("django_litefs.admin")
PAGE = "admin:django_litefs_cluster_changelist"
VIEW, PROMOTE = "django_litefs.view_cluster", "django_litefs.promote"

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Cluster]
else:
    Base = admin.ModelAdmin


@admin.register(Cluster)
class ClusterAdmin(Base):
    def get_urls(self) -> list[URLPattern]:
        def named(route: str, view: Any, name: str) -> URLPattern:
            guarded: Any = self.admin_site.admin_view(view)
            pattern: URLPattern = path(route, guarded, name=f"django_litefs_cluster_{name}")
            return pattern

        return [
            named("", self.changelist_view, "changelist"),
            named("nodes/", require_GET(self.nodes_view), "nodes"),
            named("promote/", require_POST(self.promote_view), "promote"),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        _require(request, VIEW)
        context = {
            **self.admin_site.each_context(request),
            "title": "Cluster",
            "opts": self.opts,
            "single": _is_single(),
            "may_promote": request.user.has_perm(PROMOTE),
        }
        return TemplateResponse(request, "admin/django_litefs/cluster/change_list.html", context)

    def nodes_view(self, request: HttpRequest) -> JsonResponse:
        """What the page asks for again and again."""
        _require(request, VIEW)
        return JsonResponse(_cluster())

    def promote_view(self, request: HttpRequest) -> HttpResponse:
        _require(request, PROMOTE)
        node = request.POST.get("node", "")
        # The handoff waits for all running writes, and this request is one: it must be answered first.
        threading.Thread(target=_promote, args=(node,), name="litefs-promote").start()
        self.message_user(request, f"{node} was asked to become the primary.", messages.INFO)
        return HttpResponseRedirect(reverse(PAGE, current_app=self.admin_site.name))


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _promote(node: str) -> None:
    try:
        done = control.promote(node)
    except control.ControlError as error:
        logger.error("%s did not become the primary: %s", node, error)
    else:
        logger.info("%s is primary now; writes were held for %d ms", done["primary"], done["hold_ms"])


def _is_single() -> bool:
    return not effective().cluster


def _cluster() -> dict[str, Any]:
    """The nodes as the primary's proxy knows them; {"error"} alone if this node's own does not answer."""
    try:
        return control.cluster()
    except control.ControlError as error:
        return {"error": str(error), "nodes": []}
