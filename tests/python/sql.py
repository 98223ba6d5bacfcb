"""Statements on a connection, as these tests need them."""

from __future__ import annotations

from typing import Any


def rows(wrapper: Any) -> list[Any]:
    with wrapper.cursor() as cursor:
        found: list[Any] = cursor.execute("SELECT x FROM t ORDER BY x").fetchall()
    return found


def execute(wrapper: Any, sql: str, params: Any = None) -> None:
    with wrapper.cursor() as cursor:
        cursor.execute(sql, params)
