"""The part of Django's own tests where a backend shows first what it does differently; bin/test-django runs all."""

from __future__ import annotations

import pytest

from tests.python.litefs_node import available
from tools.django_suite import environment, labels
from tools.django_suite.compare import compare, confirmed
from tools.django_suite.run import OURS, STOCK, Outcome, run

LITERAL_BEGIN = [
    "backends.base.test_base.DatabaseWrapperLoggingTests.test_commit_debug_log",
    "backends.sqlite.tests.TestTransactionMode.test_default_transaction_mode",
]
RAN_MIN = 400


@pytest.fixture(scope="module")
def stock() -> Outcome:
    """Django's own backend on a plain file."""
    return run(environment.installed(), STOCK, "file", labels.TELLING)


@pytest.mark.parametrize("place", ["file", "litefs"])
def test_no_failure_that_djangos_backend_has_not(stock: Outcome, place: str) -> None:
    if place == "litefs" and not available():
        pytest.skip("needs root, /dev/fuse and .tools/bin/litefs (bin/setup)")
    version = environment.installed()
    difference = compare(run(version, OURS, place, labels.TELLING), stock)
    assert stock.ran > RAN_MIN
    assert confirmed(difference.failed, version, place) == []
    assert (difference.skipped, difference.missing) == ([], 0)
    assert difference.declared == LITERAL_BEGIN


def test_the_comparison_sees_each_kind_of_difference(stock: Outcome) -> None:
    def outcome(ran: int, failed: str = "", expected: str = "", skipped: str = "") -> Outcome:
        return Outcome(
            ran,
            frozenset(failed.split()),
            frozenset(expected.split()),
            frozenset(skipped.split()),
            0,
            stock.log,
        )

    found = compare(outcome(9, "a b", "c", "d e"), outcome(10, "b", "", "e"))
    assert (found.failed, found.declared, found.skipped, found.missing) == (["a"], ["c"], ["d"], 1)
