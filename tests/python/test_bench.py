"""The benchmark's own code: that every row is measured, and that its verdicts are right. Not how fast anything is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import backend, report
from bench.report import Goal, Row
from bench.samples import ratio, summary
from tests.python.litefs_node import available


@pytest.mark.parametrize(
    ("row", "must", "stretch"),
    [
        (Row("halved", "us", 10, 5, 0.5, Goal(0.5, 0.4)), True, False),
        (Row("dearer", "us", 10, 11, 1.1, Goal(1.02, 1.0)), False, False),
        (Row("by itself", "ms", None, 0.1, None, Goal(0.2, of="ours")), True, None),
        (Row("without a goal", "us", 10, 5, 0.5), None, None),
        (Row("more is better", "1/s", 10, 13, 1.3, Goal(1.2, 1.45, at_least=True)), True, False),
        (Row("no ratio", "us", None, 13, None, Goal(1.2, 1.1)), False, False),
    ],
)
def test_verdicts(row: Row, must: bool | None, stretch: bool | None) -> None:
    assert (row.must, row.stretch) == (must, stretch)
    assert report.table([row]).count("NO") == [must, stretch].count(False)


def test_summary() -> None:
    found = summary([0.3, 0.1, 0.2])
    assert (found["count"], found["p50"], found["p99"], found["longest"]) == (3, 0.2, 0.3, 0.3)


def test_ratio_is_of_each_round_so_a_slow_round_does_not_count() -> None:
    assert ratio([1, 10, 1], [2, 20, 2]) == 0.5


@pytest.mark.integration
def test_every_row_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not available():
        pytest.skip("needs root, /dev/fuse and .tools/bin/litefs (bin/setup)")
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    rows, comparison = backend.measure(rounds=1, part=0.02)
    assert len({row.what for row in rows}) == len(rows) > len(backend.LINES)
    assert all(row.ours > 0 for row in rows if row.unit in ("us", "ms"))
    kept = json.loads(report.save("backend", rows, {"rounds": 1}, comparison.as_json()).read_text())
    assert [row["what"] for row in kept["rows"]] == [row.what for row in rows]
    assert kept["versions"]["django"]
    assert kept["machine"]["cpus"]
