"""Django on LiteFS: any node takes any request, writes run on the primary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "CommitLostError",
    "HaltExpiredError",
    "HaltRefusedError",
    "HaltedError",
    "LiteFSError",
    "MountLostError",
    "NotPrimaryError",
    "StorageError",
    "current_position",
    "halt",
    "is_primary",
    "primary",
    "replicated",
    "wait_for_position",
]

if TYPE_CHECKING:
    from django_litefs.decorators import primary, replicated
    from django_litefs.exceptions import (
        CommitLostError,
        HaltedError,
        HaltExpiredError,
        HaltRefusedError,
        LiteFSError,
        MountLostError,
        NotPrimaryError,
        StorageError,
    )
    from django_litefs.halting import halt
    from django_litefs.health import current_position, is_primary, wait_for_position

_HOMES = {
    "primary": "decorators",
    "replicated": "decorators",
    "is_primary": "health",
    "current_position": "health",
    "wait_for_position": "health",
    "halt": "halting",
}

try:
    from django_litefs import _core as _core
except ImportError as error:  # pragma: no cover
    raise ImportError(
        "The native module django_litefs._core cannot be loaded. It belongs to the wheel; in a source tree run "
        f"bin/setup (or pip install -e .) again after changes to C++ code. ({error})"
    ) from error


def __getattr__(name: str) -> Any:
    """Loaded when first used, since they need Django's settings."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"django_litefs.{_HOMES.get(name, 'exceptions')}"), name)
