"""bin/demo shows what it promises, on a cluster and where there can be none, and leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.cluster.cluster import ROOT

pytestmark = pytest.mark.integration

DONE_WITHIN = 120.0


def demo(tmp_path: Path, *wrapper: str) -> str:
    done = subprocess.run(
        [*wrapper, sys.executable, "-m", "tools.cluster.demo", "--once"],
        cwd=ROOT,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=DONE_WITHIN,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []
    return done.stdout


def test_three_nodes(tmp_path: Path) -> None:
    said = demo(tmp_path)
    assert said.count("✓") == 4
    assert "nothing left behind" in said


def test_one_node_on_plain_sqlite(tmp_path: Path, without_fuse: tuple[str, ...]) -> None:
    said = demo(tmp_path, *without_fuse)
    assert "one node on a plain SQLite file" in said
