"""For pytest: `pytest_plugins = ["django_litefs.testing.plugin"]` in conftest.py, or `-p django_litefs.testing.plugin`.

The fixture `litefs_replica`, and the option --replica-reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django_litefs.testing import ReplicaReads, replica

READS: pytest.StashKey[ReplicaReads] = pytest.StashKey()


@pytest.fixture
def litefs_replica() -> Iterator[replica]:
    """This test runs as on a replica. Name it last, after the fixtures that write."""
    from django_litefs.testing import replica

    with replica() as active:
        yield active


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("django-litefs").addoption(
        "--replica-reads",
        choices=("report", "fail"),
        help="Run each GET of Django's test clients as on a replica and list the views that write.",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Iterator[Any]:
    if not session.config.getoption("replica_reads"):
        return (yield)
    from django_litefs.testing import ReplicaReads

    with ReplicaReads() as reads:
        session.config.stash[READS] = reads
        return (yield)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reads = session.config.stash.get(READS, None)
    if (
        reads is not None
        and reads.offenders
        and session.config.getoption("replica_reads") == "fail"
        and not exitstatus
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    reads = config.stash.get(READS, None)
    if reads is not None and reads.offenders:
        terminalreporter.section("views that write in safe requests")
        for line in reads.report():
            terminalreporter.write_line(line)
