"""One run of Django's runtests.py: a version, an engine, a place for the test databases."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.python.litefs_node import LitefsNode
from tools.django_suite import environment

OURS, STOCK = "django_litefs.db.backends.litefs", "django.db.backends.sqlite3"
PLACES = ("memory", "file", "litefs")
LIMIT_S = 3 * 3600


@dataclass(frozen=True)
class Outcome:
    """What became of the tests of one run."""

    ran: int
    failed: frozenset[str]  # unexpected successes too: a declared failure that is none is wrong
    expected: frozenset[str]
    skipped: frozenset[str]
    seconds: float
    log: Path


class RunError(Exception):
    """The run ended without a result."""


def run(
    version: str, engine: str, place: str, labels: Sequence[str], processes: int = 1, log_suffix: str = ""
) -> Outcome:
    logs = environment.KEPT / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    name = f"{version}-{'litefs-backend' if engine == OURS else 'sqlite3-backend'}-{place}{log_suffix}"
    log, began = logs / f"{name}.log", time.monotonic()
    python, tests = environment.python_of(version), environment.tests_of(version)
    with (
        tempfile.TemporaryDirectory(prefix="django-suite-") as scratch,
        _place(place, Path(scratch)) as variables,
    ):
        result = Path(scratch, "result.json")
        options = ("--settings=django_suite.settings", "--noinput", f"--parallel={processes}")
        variables |= {
            "DJANGO_SUITE_ENGINE": engine,
            "DJANGO_SUITE_RESULT": str(result),
            "PYTHONPATH": str(environment.SITE),
            "TMPDIR": scratch,
        }
        with log.open("wb") as output:
            subprocess.run(
                [python, "runtests.py", *options, *labels],
                cwd=tests,
                env={**os.environ, **variables},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=LIMIT_S,
            )
        if not result.exists():
            raise RunError(f"{name}: no result; the end of {log}:\n{log.read_text(errors='replace')[-2000:]}")
        found = json.loads(result.read_text())
    return Outcome(
        ran=found["ran"],
        failed=frozenset(found["failed"] + found["unexpected"]),
        expected=frozenset(found["expected"]),
        skipped=frozenset(found["skipped"]),
        seconds=time.monotonic() - began,
        log=log,
    )


@contextlib.contextmanager
def _place(place: str, scratch: Path) -> Iterator[dict[str, str]]:
    """The environment that puts the test databases there."""
    single = {"ENABLED": False, "DATA_PATH": str(scratch)}
    if place == "memory":
        yield {"DJANGO_SUITE_LITEFS": json.dumps(single)}
    elif place == "file":
        yield {"DJANGO_SUITE_LITEFS": json.dumps(single), "DJANGO_SUITE_FOLDER": str(scratch)}
    else:
        node = LitefsNode(scratch)
        node.start()
        try:
            litefs = json.dumps(node.litefs_settings())
            yield {"DJANGO_SUITE_LITEFS": litefs, "DJANGO_SUITE_FOLDER": str(node.mount)}
        finally:
            node.stop()
