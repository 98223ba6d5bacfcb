"""Decorators for views."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

from asgiref.sync import iscoroutinefunction

from django_litefs import consistency
from django_litefs.conf import this_node
from django_litefs.db.backends.litefs.errors import Translator
from django_litefs.health import node_facts

View = TypeVar("View", bound=Callable[..., Any])


def primary(view: View) -> View:
    """A view that writes although its method is safe: it runs on the primary, and nowhere else before."""
    decorated = _inside(_on_primary, view)
    decorated.runs_on_primary = True  # type: ignore[attr-defined]
    return decorated


def replicated(view: View) -> View:
    """A view whose writes are acknowledged only when the other candidates have them too.

    The litefs-proxy in front waits for them, at most ACK_TIMEOUT; docs/consistency.md says what the answer tells.
    """
    return _inside(_replicated, view)


@contextmanager
def _on_primary() -> Iterator[None]:
    require_primary()
    with consistency.immediate():
        yield


@contextmanager
def _replicated() -> Iterator[None]:
    consistency.replicate()
    yield


def _inside(around: Callable[[], AbstractContextManager[None]], view: View) -> View:
    """The view, sync or async, run inside of it."""
    if iscoroutinefunction(view):

        @functools.wraps(view)
        async def async_wrapped(*args: Any, **kwargs: Any) -> Any:
            with around():
                return await view(*args, **kwargs)

        return async_wrapped  # type: ignore[return-value]

    @functools.wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with around():
            return view(*args, **kwargs)

    return wrapped  # type: ignore[return-value]


def require_primary() -> None:
    """Raises NotPrimaryError unless this node is the primary; the litefs-proxy in front then asks the primary."""
    facts = node_facts()
    if not facts.writable:
        raise Translator("default", this_node()).not_primary(facts)
