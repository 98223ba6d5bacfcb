"""What is measured, inside a process that has one backend (or both, on a plain file): each call is timed."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

from django.core.handlers.wsgi import WSGIHandler
from django.db import connections, transaction
from django.test import RequestFactory

from bench.models import Row
from bench.samples import Summary, summary
from bench.site import READ, WRITE, point_reads

WARM_UP = 20
Work = Callable[[], object]


class FailedError(Exception):
    """A request was not answered with 200."""


def request(path: str) -> Work:
    """A whole request as a WSGI server makes it: signals, middleware, view, close."""
    handler = WSGIHandler()
    environ = RequestFactory().get(path).environ

    def serve() -> None:
        statuses: list[str] = []
        handler(dict(environ), lambda status, _: statuses.append(status)).close()
        if statuses != ["200 OK"]:
            raise FailedError(f"{path}: {statuses}")

    return serve


def connect(alias: str) -> Work:
    connection = connections[alias]

    def connect_read_close() -> None:
        with connection.cursor() as cursor:
            cursor.execute(READ, [1]).fetchone()
        connection.close()

    connection.close()
    return connect_read_close


def reads(alias: str, count: int) -> Work:
    return lambda: point_reads(connections[alias], count)


def reads_in_transaction(alias: str) -> Work:
    def read() -> None:
        with transaction.atomic(using=alias):
            point_reads(connections[alias])

    return read


def write_transaction(alias: str) -> Work:
    connection = connections[alias]
    texts = itertools.count()

    def write() -> None:
        with transaction.atomic(using=alias), connection.cursor() as cursor:
            cursor.execute(WRITE, [f"text {next(texts)}", 1])

    return write


def get(alias: str) -> Work:
    return lambda: Row.objects.using(alias).get(pk=1)


def save(alias: str) -> Work:
    row = Row.objects.using(alias).get(pk=2)
    texts = itertools.count()

    def save_row() -> None:
        row.text = f"text {next(texts)}"
        row.save(using=alias)

    return save_row


WORKS: dict[str, Callable[[str], Work]] = {
    "request": lambda _: request("/reads"),
    "connect": connect,
    "read": lambda alias: reads(alias, 1),
    "reads": lambda alias: reads(alias, 10),
    "reads in a transaction": reads_in_transaction,
    "get": get,
    "write": write_transaction,
    "save": save,
}


def measure(works: dict[str, int]) -> dict[str, Summary]:
    """Each work so many times, one work after the other."""
    found = {}
    for name, times in works.items():
        work = WORKS[name]("default")
        _repeat(work, WARM_UP)
        found[name] = summary([_timed(work) for _ in range(times)])
    return found


def alternate(works: dict[str, int], aliases: tuple[str, str]) -> dict[str, list[Summary]]:
    """Each work with two databases in turns, call by call: for differences of a few per cent."""
    found = {}
    for name, times in works.items():
        pair = [WORKS[name](alias) for alias in aliases]
        seconds: tuple[list[float], list[float]] = ([], [])
        for work in pair:
            _repeat(work, WARM_UP)
        for turn in range(times):
            for side in (0, 1) if turn % 2 else (1, 0):
                seconds[side].append(_timed(pair[side]))
        found[name] = [summary(each) for each in seconds]
    return found


def _timed(work: Work) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _repeat(work: Work, times: int) -> None:
    for _ in range(times):
        work()
