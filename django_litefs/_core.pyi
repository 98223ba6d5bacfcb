"""What litefs-proxy and Django must agree on, implemented once in the C++ library litefs_core."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

class MountError(OSError):
    """The mount is dead, absent, or its content is not what LiteFS writes."""

class Position:
    """How far a database has come: a TXID and the checksum of the whole database after it."""

    def __init__(self, txid: int, checksum: int) -> None: ...
    @staticmethod
    def parse(text: str) -> Position:
        """From `<16 hex>/<16 hex>`. Raises ValueError."""
    @property
    def txid(self) -> int: ...
    @property
    def checksum(self) -> int: ...

class MountIdentity:
    """What stat() says about a live mount."""

    @property
    def device(self) -> int:
        """st_dev: new at each mount."""
    @property
    def writable(self) -> bool:
        """True on the primary."""

class PositionFile:
    """`<mount>/<database>-pos` on a kept descriptor."""

    def __init__(self, mount: str, database: str) -> None:
        """Raises MountError."""
    def read(self) -> Position:
        """Raises MountError."""
    def wait_for(self, txid: int, timeout: float) -> Position | None:
        """The position once it has reached `txid`; None after `timeout` seconds. Raises MountError."""

class HaltHolder:
    """LiteFS's HALT lock on a database, on a thread of its own whose descriptors no child inherits."""

    def __init__(self, mount: str, database: str, hold: float) -> None:
        """Begins to acquire it; gives it back by itself `hold` seconds after that."""
    def wait_acquired(self, timeout: float) -> bool:
        """Does it hold the lock? Returns as soon as that is known, at the latest after `timeout` seconds."""
    def release(self, timeout: float) -> bool:
        """Gives it back, or up; True if that is done within `timeout` seconds."""
    @property
    def problem(self) -> str:
        """What refused it; '' if nothing did."""

def survive_loss(mount: str, device: int) -> None:
    """A mapped file of this mount, once the mount is gone, no longer kills the process with SIGBUS."""

class StallBreaker:
    """Ends the 10 s stalls of SQLite statements on a mount that died. Keep it for ever: see `leak`."""

    def __init__(self, mount: str) -> None: ...
    def watch(self, device: int, call: Callable[[], T]) -> T:
        """Makes the call: a statement on the mount with this st_dev."""

class NodeFacts:
    """What the node page tells."""

    def __init__(
        self,
        role: str,
        mount_alive: bool,
        mount_device: int,
        primary: str = "",
        litefs_id: str = "",
        frozen: bool = False,
    ) -> None: ...
    @property
    def role(self) -> str:
        """unknown, primary, replica, disconnected or single."""
    @property
    def mount_alive(self) -> bool: ...
    @property
    def mount_device(self) -> int: ...
    @property
    def primary(self) -> str: ...
    @property
    def litefs_id(self) -> str: ...
    @property
    def frozen(self) -> bool:
        """Maintenance: nobody writes."""

class NodePage:
    """The node page, mapped for reading."""

    @staticmethod
    def open(path: str) -> NodePage | None:
        """None if there is no page, or none to be trusted."""
    def version(self) -> int:
        """While it stays the same and is not 0, read() returns the same."""
    def read(self) -> NodeFacts | None:
        """None if its writer is gone."""
    def pass_gate(self) -> str:
        """Before a read on a replica: "open" at once; else "waited" or, after 50 ms, "timed_out". Other threads run."""

class NodePageWriter:
    """Creates and writes a node page; unlinks it when it is destroyed. For tests."""

    def __init__(self, path: str) -> None: ...
    def publish(self, facts: NodeFacts) -> None: ...
    def beat(self) -> None: ...
    def close_gate(self, lease: float) -> None:
        """For at most `lease` seconds."""
    def open_gate(self) -> None: ...

class ReadPage:
    """This process's page of open reads, beside the node page."""

    @staticmethod
    def create(node_page: str) -> ReadPage | None:
        """None if no litefs-proxy made the folder for it. A forked child needs one of its own."""
    def begin(self) -> int:
        """The place to give back to end(); -1 if the page is full."""
    def end(self, place: int) -> None: ...
    def count(self, what: str) -> None:
        """One more of "waited", "timed_out", "long_read" or "ended"."""

class ReadPages:
    """The folder of all processes' read pages, as litefs-proxy keeps it; removed when it is destroyed. For tests."""

    def __init__(self, node_page: str) -> None: ...
    def count(self, what: str) -> int: ...

def open_reads(node_page: str) -> list[tuple[int, float]]:
    """Process id and age in seconds of each process's oldest open read on the node, the oldest first."""

def default_page_path(mount: str) -> str:
    """Where litefs-proxy keeps the page of this mount."""

def inspect_mount(path: str) -> MountIdentity:
    """Raises MountError if the mount is dead or absent."""

def is_halted(mount: str, database: str) -> bool:
    """Does this node hold the HALT lock of the database, for any process? Raises MountError."""

def database_id(name: str) -> int:
    """How cookies name a database."""

def valid_hostname(text: str) -> bool: ...
def parse_duration(text: str) -> float:
    """Seconds of '1m30s' and the like. Raises ValueError."""

def parse_demands(value: str) -> list[tuple[int, Position]]:
    """The databases and positions of a consistency cookie. Raises ValueError."""

def format_demands(demands: list[tuple[int, Position]]) -> str: ...
def merge_demands(
    older: list[tuple[int, Position]], newer: list[tuple[int, Position]]
) -> list[tuple[int, Position]]:
    """The higher TXID of each database; `newer` wins on equal ones."""

def format_committed(committed: list[tuple[str, Position]]) -> str:
    """The value of `litefs-committed`: 'none' if the list is empty."""

def leak(value: object) -> None:
    """Keep the object alive for ever, beyond the end of the interpreter."""
