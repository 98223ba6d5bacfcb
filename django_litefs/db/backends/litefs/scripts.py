"""SQL scripts: their statements one by one, as SQLite itself would cut them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from django_litefs.db.backends.litefs.statements import Kind, kind_by_keyword

ON_ITS_OWN = (Kind.BEGIN, Kind.COMMIT, Kind.CONTROL, Kind.BARE)


def split(script: str) -> Iterator[str]:
    """Each statement with its semicolon. What follows the last one counts too, unless it is blank."""
    begin = searched = 0
    while (end := script.find(";", searched) + 1) > 0:
        searched = end
        if sqlite3.complete_statement(script[begin:end]):
            yield script[begin:end]
            begin = end
    if script[begin:].strip():
        yield script[begin:]


def is_one_unit(statements: list[str]) -> bool:
    """Can all of them run in one transaction around them?"""
    return not any(kind_by_keyword(statement) in ON_ITS_OWN for statement in statements)
