"""What a write on a replica does outside a request: fail, or take LiteFS's HALT lock around its transaction.

In a request it always fails, so that the request runs on the primary.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from django_litefs import consistency

ERROR, HALT = "error", "halt"
READ_ONLY = "read-only"  # a command that only reads says so
HALTING_COMMANDS = ("createsuperuser", "changepassword")

_here: ContextVar[str] = ContextVar("litefs_replica_writes", default="")


def take_option(params: dict[str, Any], alias: str) -> str:
    """Takes OPTIONS['replica_writes'] out of the connection parameters."""
    mode = params.pop("replica_writes", None)
    if mode is None:
        return HALT if _command() in HALTING_COMMANDS else ERROR
    if mode not in (ERROR, HALT):
        raise ImproperlyConfigured(
            f"DATABASES[{alias!r}]['OPTIONS']['replica_writes'] is {mode!r}: write 'error' or 'halt'."
        )
    return str(mode)


def mode(option: str) -> str:
    """The mode of a write that begins now, on a connection with this option."""
    return ERROR if consistency.current() is not None else _here.get() or option


@contextmanager
def replica_writes(mode: str) -> Iterator[None]:
    """Everything inside the block, whatever the options say."""
    token = _here.set(mode)
    try:
        yield
    finally:
        _here.reset(token)


def _command() -> str:
    """The management command that this process runs."""
    program, *words = sys.argv or [""]
    is_manage = os.path.basename(program) in ("manage.py", "django-admin", "__main__.py", "django-admin.py")
    return words[0] if is_manage and words else ""
