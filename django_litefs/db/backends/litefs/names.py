"""Which file NAME means: of the mount in a cluster, of the database folder on a single node."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from django_litefs.settings import Settings


def is_in_memory(name: object) -> bool:
    return isinstance(name, str) and (name == ":memory:" or "mode=memory" in name)


def database_file(name: str | Path, alias: str, s: Settings) -> str:
    """The absolute path. Raises ImproperlyConfigured if it would lie outside the folder of the databases."""
    text = os.fspath(name)
    if text in ("", "default"):
        return os.path.join(s.database_folder, s.database_name)
    if not os.path.isabs(text) and "/" not in text:
        return os.path.join(s.database_folder, text)
    folder = os.path.dirname(os.path.normpath(text))
    if s.under_test:
        if os.path.realpath(folder) == os.path.realpath(s.mount_path) and os.path.ismount(s.mount_path):
            raise ImproperlyConfigured(
                f"DATABASES[{alias!r}]: a test database must not be on the mount {s.mount_path}."
            )
        return text
    if folder not in (s.mount_path, s.database_folder):
        raise ImproperlyConfigured(
            f"DATABASES[{alias!r}]['NAME'] {text!r} lies outside the mount {s.mount_path}: write 'default' or a plain "
            "file name."
        )
    return os.path.join(s.database_folder, os.path.basename(text))
