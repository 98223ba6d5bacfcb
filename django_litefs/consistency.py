"""What one request did to the databases, and what its response must tell. Framework-free.

A middleware opens a RequestContext before the app runs; the database backend finds it through a ContextVar and notes
commits and refusals in it; the middleware then asks it for the headers. A mutable object in a ContextVar is seen across
sync_to_async and tasks, while a thread of the app's own sees none.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django_litefs import _core, pretence

if TYPE_CHECKING:
    from collections.abc import Iterator

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
PROXIED_HEADER = "litefs-proxied"
POSITION_HEADER = "litefs-position"
COMMITTED_HEADER = "litefs-committed"
REPLAY_HEADER = "litefs-replay"
ACK_HEADER = "litefs-ack"


@dataclass
class RequestContext:
    """One request's dealings with the databases. Used by one request, whose threads take turns."""

    safe: bool
    proxied: bool
    rerun: bool = False  # on the primary already: never ask again
    immediate: bool = False  # transactions begin IMMEDIATE although the request is safe
    replicated: bool = False  # what it writes is acknowledged when the candidates have it too
    written: dict[str, _core.Position] = field(default_factory=dict)
    refused: bool = (
        False  # something did not happen here: NotPrimaryError, MountLostError, a write that came too late
    )
    promised: bool = False  # an error was raised of which only the second run's answer may be seen
    refused_write: bool = False  # a write was among it: the proxy remembers that this route writes
    unknown: Exception | None = None  # CommitLostError: it may have happened

    @property
    def replay(self) -> bool:
        """Should the proxy run this request again on the primary?"""
        return (
            self.proxied
            and self.safe
            and not self.rerun
            and self.refused
            and not self.written
            and self.unknown is None
        )

    def refuse(self, *, write: bool) -> bool:
        """Notes that something was refused; will the request run again for it, whatever the view makes of the error?"""
        self.refused = True
        self.refused_write |= write
        self.promised |= self.replay
        return self.replay

    @property
    def answer_is_wrong(self) -> bool:
        """A view may keep an error to itself and say that it wrote; what is promised a second run may not get one."""
        if self.replay:
            return False
        nothing_done = self.refused_write and self.nothing_committed
        return self.promised or (nothing_done and (self.rerun or not self.safe))

    @property
    def nothing_committed(self) -> bool:
        return not self.written and self.unknown is None

    def internal_headers(self) -> dict[str, str]:
        """For the litefs-proxy in front; {} without one."""
        if not self.proxied:
            return {}
        if self.replay:
            return {REPLAY_HEADER: "primary" if self.refused_write else "once"}
        if self.safe and not self.written:
            return {}
        headers = {COMMITTED_HEADER: _core.format_committed(sorted(self.written.items()))}
        if self.replicated and self.written:
            headers[ACK_HEADER] = "replicated"
        return headers

    def demands(self) -> list[tuple[int, _core.Position]]:
        return [(_core.database_id(name), position) for name, position in self.written.items()]


_current: ContextVar[RequestContext | None] = ContextVar("litefs_request", default=None)


def current() -> RequestContext | None:
    """The request being served, if a middleware opened one."""
    return _current.get()


def make_context(method: str, proxied: str | None) -> RequestContext:
    """`proxied`: the value of the request header litefs-proxied, or None."""
    version, _, options = (proxied or "").partition(";")
    is_proxied = version.strip() == "1"
    rerun = is_proxied and options.strip() == "begin=immediate"
    return RequestContext(
        safe=method.upper() in SAFE_METHODS, proxied=is_proxied, rerun=rerun, immediate=rerun
    )


def enter(context: RequestContext) -> None:
    """Makes it the current one, in a contextvars context that ends with the request."""
    _current.set(context)


@contextmanager
def opened(context: RequestContext) -> Iterator[RequestContext]:
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


@contextmanager
def immediate() -> Iterator[None]:
    """Transactions inside begin IMMEDIATE although the request is safe (views that write)."""
    context = current()
    if context is None:
        yield
        return
    before, context.immediate = context.immediate, True
    try:
        yield
    finally:
        context.immediate = before


def replicate() -> None:
    """What this request writes is acknowledged only when the candidates have it too."""
    context = current()
    if context is not None:
        context.replicated = True


def begin_deferred() -> bool:
    """Should the outermost transaction leave the write lock alone? So in safe requests (ATOMIC_REQUESTS)."""
    context = current()
    return (context is not None and context.safe and not context.immediate) or pretence.is_replica()
