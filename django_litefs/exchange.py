"""One request of an app and its answer, as far as consistency goes. Framework-free; the base of every middleware.

Behind a litefs-proxy the answer tells it what was written, and asks for the primary where a write was refused. Without
one the request waits for the client's position itself, and the answer carries the new one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django_litefs import _core, consistency
from django_litefs.node import Node, node_of
from django_litefs.positions import pauses

COOKIE_MAX_AGE_S = 300
RETRY_AFTER_S = "1"
CAUSES_MAX = 8
Headers = list[tuple[str, str]]
Demands = list[tuple[int, _core.Position]]


@dataclass(frozen=True)
class Place:
    """Where an app runs."""

    node: Node
    databases: tuple[str, ...]
    read_wait_s: float
    cookie_name: str


def place_at(mount: str, databases: Sequence[str], read_wait: str, cookie_name: str) -> Place:
    """For an app that is not Django's. Raises ValueError."""
    if isinstance(databases, str) or not databases:
        raise ValueError("databases: name the files of the mount, such as ['db.sqlite3']")
    try:
        read_wait_s = _core.parse_duration(read_wait)
    except ValueError as error:
        raise ValueError(f"read_wait {read_wait!r} is {error}") from None
    return Place(node_of(mount), tuple(databases), read_wait_s, cookie_name)


class Exchange:
    """A request and its answer at this place."""

    def __init__(
        self, place: Place, method: str, header: Callable[[str], str | None], *, secure: bool = False
    ) -> None:
        self.place, self.secure = place, secure
        self.context = consistency.make_context(method, header(consistency.PROXIED_HEADER))
        given = header(consistency.POSITION_HEADER) or cookie_value(header("cookie") or "", place.cookie_name)
        self._demanded = demanded(given)

    def pauses(self) -> Iterator[float]:
        """How long to sleep, again and again, before the app may run; at most `read_wait_s` in all."""
        if self.context.proxied:
            return iter(())
        return waiting(self.place, self._demanded)

    def finish(self, status: int, headers: Headers) -> Headers:
        """The headers of the answer with what others must know of it. Call it when nothing is written any more."""
        if self.context.proxied:
            return [*headers, *self._internal(headers)]
        if any(name.lower() == consistency.POSITION_HEADER for name, _ in headers):
            return headers  # a middleware of the app's own was here
        if not self.context.written and not self.context.safe and status < 400:
            self._assume_written()
        if not self.context.written:
            return headers
        value = advanced(self._demanded, self.context)
        cookie = cookie_header(self.place.cookie_name, value, secure=self.secure)
        cache_control = ", ".join(text for name, text in headers if name.lower() == "cache-control")
        kept = [(name, text) for name, text in headers if name.lower() != "cache-control"]
        added = [(consistency.POSITION_HEADER, value), ("set-cookie", cookie)]
        return [*kept, *added, ("cache-control", for_one_client(cache_control))]

    def refusal(self, error: BaseException) -> tuple[int, Headers, bytes] | None:
        """The answer to an error that says that the database could not be written here; None to other errors."""
        if not _is_litefs_error(error):
            return None
        plain = ("content-type", "text/plain")
        if not self.context.nothing_committed:
            return 500, self.finish(500, [plain]), b"The outcome of this request is unknown.\n"
        return 503, self.finish(503, [plain, ("retry-after", RETRY_AFTER_S)]), b"Please try again.\n"

    def _internal(self, headers: Headers) -> Headers:
        """What the app itself told already stays. Without a word of the database backend the proxy looks for itself."""
        own = self.context.internal_headers()
        if not self.context.written and self.context.unknown is None:
            own.pop(consistency.COMMITTED_HEADER, None)
        told = {name.lower() for name, _ in headers}
        return [(name, value) for name, value in own.items() if name.lower() not in told]

    def _assume_written(self) -> None:
        """Written by other means than our database backend: where the databases are now is late enough."""
        facts = self.place.node.facts()
        if not facts.writable:
            return
        for name in self.place.databases:
            try:
                self.context.written[name] = self.place.node.position(name, facts.mount_device)
            except _core.MountError:
                continue  # not created so far


def demanded(given: str) -> Demands:
    """What a client's header or cookie asks for; nothing, if it is not of ours."""
    try:
        return _core.parse_demands(given)
    except ValueError:
        return []


def waiting(place: Place, demands: Demands) -> Iterator[float]:
    names = {_core.database_id(name): name for name in place.databases}
    wanted = {names[database]: position for database, position in demands if database in names}
    return pauses(place.node, wanted, place.read_wait_s)


def advanced(older: Demands, context: consistency.RequestContext) -> str:
    return _core.format_demands(_core.merge_demands(older, context.demands()))


def cookie_value(header: str, name: str) -> str:
    for part in header.split(";"):
        found, _, value = part.strip().partition("=")
        if found == name:
            return value
    return ""


def cookie_header(name: str, value: str, *, secure: bool) -> str:
    return f"{name}={value}; HttpOnly; Max-Age={COOKIE_MAX_AGE_S}; Path=/; SameSite=Lax" + "; Secure" * secure


def for_one_client(cache_control: str) -> str:
    """Cache-Control that keeps shared caches from storing a client's position."""
    if any(word in cache_control for word in ("private", "no-store")):
        return cache_control
    return f"{cache_control}, private".removeprefix(", ")


def _is_litefs_error(error: BaseException | None) -> bool:
    """Or one raised because of it. Those errors need Django: where it is not loaded, there are none."""
    exceptions = sys.modules.get("django_litefs.exceptions")
    for _ in range(CAUSES_MAX):
        if exceptions is None or error is None:
            return False
        if isinstance(error, exceptions.LiteFSError):
            return True
        error = error.__cause__ or error.__context__
    return False
