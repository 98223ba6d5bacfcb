"""The effective settings of this process, read from Django when first needed."""

from __future__ import annotations

import functools
import os
import sys
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from django_litefs.node import Node, node_of
from django_litefs.settings import Settings, SettingsError, resolve

RELEVANT = ("LITEFS", "DEBUG", "BASE_DIR", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "ALLOWED_HOSTS")


@functools.cache
def effective() -> Settings:
    """Raises ImproperlyConfigured with every problem of LITEFS."""
    from django.conf import settings

    try:
        return resolve(settings, os.environ, sys.argv)
    except SettingsError as error:
        raise ImproperlyConfigured(str(error)) from None


def this_node() -> Node | None:
    """The node of this process; None on a single node."""
    s = effective()
    return node_of(s.mount_path) if s.cluster else None


def _forget(*, setting: str, **_: Any) -> None:
    if setting in RELEVANT:
        effective.cache_clear()


setting_changed.connect(_forget, dispatch_uid="django_litefs.conf")
