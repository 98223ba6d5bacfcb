"""Ours beside Django's own backend: what fails or is left out only with ours."""

from __future__ import annotations

from dataclasses import dataclass

from tools.django_suite.run import OURS, Outcome, run

RERUN_MAX = 50


@dataclass(frozen=True)
class Comparison:
    """`failed`: only with ours, and not declared in features. `declared`: declared beyond Django's own list."""

    failed: list[str]
    declared: list[str]
    skipped: list[str]
    missing: int  # tests that ran with Django's backend and not with ours


def compare(ours: Outcome, stock: Outcome) -> Comparison:
    return Comparison(
        failed=sorted(ours.failed - stock.failed),
        declared=sorted(ours.expected - stock.expected),
        skipped=sorted(ours.skipped - stock.skipped),
        missing=max(0, stock.ran - ours.ran),
    )


def confirmed(failed: list[str], version: str, place: str) -> list[str]:
    """Which of them fail again when run by themselves: some of Django's tests wait a tenth of a second for a thread."""
    whole = [test for test in failed if " " not in test]  # a subtest's name, or that of a set-up, is no label
    if not whole or len(whole) > RERUN_MAX:
        return failed
    again = run(version, OURS, place, whole, log_suffix="-again")
    return [test for test in failed if test in again.failed or test not in whole]
