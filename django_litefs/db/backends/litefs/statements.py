"""What an SQL statement does, as far as transactions care: by its first keyword where that is exact, else EXPLAIN."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from typing import Any


class Kind(enum.Enum):
    READ = enum.auto()
    ROWS = enum.auto()  # writes rows: total_changes counts them
    OTHER = enum.auto()  # writes something that total_changes does not count
    BEGIN = enum.auto()
    COMMIT = enum.auto()
    CONTROL = enum.auto()  # other transaction control
    BARE = enum.auto()  # must not be wrapped in a transaction

    @property
    def writes(self) -> bool:
        return self in (Kind.ROWS, Kind.OTHER)

    @property
    def reads(self) -> bool:
        """May it begin a read transaction of its own accord?"""
        return self in (Kind.READ, Kind.BARE)


KEYWORDS = {
    **dict.fromkeys(("SELECT", "VALUES", "EXPLAIN"), Kind.READ),
    **dict.fromkeys(("INSERT", "UPDATE", "DELETE", "REPLACE"), Kind.ROWS),
    **dict.fromkeys(("CREATE", "DROP", "ALTER", "REINDEX", "ANALYZE"), Kind.OTHER),
    "BEGIN": Kind.BEGIN,
    **dict.fromkeys(("COMMIT", "END"), Kind.COMMIT),
    **dict.fromkeys(("ROLLBACK", "SAVEPOINT", "RELEASE"), Kind.CONTROL),
    **dict.fromkeys(("PRAGMA", "VACUUM", "ATTACH", "DETACH"), Kind.BARE),
}
WRITE_OPCODES = ("Vacuum", "JournalMode", "Checkpoint")
TEMP_DATABASE = 1
LEADING = re.compile(r"(?:\s|;|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
WORD = re.compile(r"[A-Za-z]+")


def kind_by_keyword(sql: str) -> Kind | None:
    """None if the first keyword does not say (WITH …)."""
    start = LEADING.match(sql)
    word = WORD.match(sql, start.end() if start else 0)
    return KEYWORDS.get(word.group().upper()) if word else None


class Kinds:
    """Kinds of one database's statements: each text is looked at once, with EXPLAIN if need be."""

    LIMIT = 4096
    LENGTH_LIMIT = 4096

    def __init__(self) -> None:
        self._known: dict[str, Kind] = {}

    def known(self, sql: str) -> Kind | None:
        return self._known.get(sql)

    def of(self, sql: str, explain: Callable[[], list[Any]]) -> Kind:
        kind = self.known(sql) or kind_by_keyword(sql)
        if kind is None:
            kind = Kind.OTHER if _writes(explain()) else Kind.READ
        if len(sql) <= self.LENGTH_LIMIT:
            if len(self._known) >= self.LIMIT:
                self._known.clear()
            self._known[sql] = kind
        return kind


def _writes(program: list[Any]) -> bool:
    """Does this EXPLAIN output open a write transaction? (Opcode Transaction with p2 = 1, not of the temp database.)"""
    return any(
        row[1] in WRITE_OPCODES or (row[1] == "Transaction" and row[3] != 0 and row[2] != TEMP_DATABASE)
        for row in program
    )


def forbidden_pragma(sql: str) -> str | None:
    """The name of a PRAGMA in it that would stop the replicas: leaving WAL, or exclusive locking."""
    words = re.findall(r"[a-z_]+", sql.lower())
    if len(words) < 3 or words[0] != "pragma":
        return None
    rest = words[1:] if words[1] in ("journal_mode", "locking_mode") else words[2:]
    if len(rest) < 2:
        return None
    if rest[0] == "journal_mode" and rest[1] != "wal":
        return "journal_mode"
    return "locking_mode" if rest[0] == "locking_mode" and rest[1] == "exclusive" else None
