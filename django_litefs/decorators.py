"""Decorators for views."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from asgiref.sync import iscoroutinefunction

from django_litefs import consistency
from django_litefs.conf import this_node
from django_litefs.db.backends.litefs.errors import Translator
from django_litefs.health import node_facts

View = TypeVar("View", bound=Callable[..., Any])


def primary(view: View) -> View:
    """A view that writes although its method is safe: it runs on the primary, and nowhere else before."""
    if iscoroutinefunction(view):

        @functools.wraps(view)
        async def async_wrapped(*args: Any, **kwargs: Any) -> Any:
            require_primary()
            with consistency.immediate():
                return await view(*args, **kwargs)

        async_wrapped.runs_on_primary = True  # type: ignore[attr-defined]
        return async_wrapped  # type: ignore[return-value]

    @functools.wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        require_primary()
        with consistency.immediate():
            return view(*args, **kwargs)

    wrapped.runs_on_primary = True  # type: ignore[attr-defined]
    return wrapped  # type: ignore[return-value]


def require_primary() -> None:
    """Raises NotPrimaryError unless this node is the primary; the litefs-proxy in front then asks the primary."""
    facts = node_facts()
    if not facts.writable:
        raise Translator("default", this_node()).not_primary(facts)
