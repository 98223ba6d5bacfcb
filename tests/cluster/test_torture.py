"""A short torture with a fixed seed: the faults that take a moment only. bin/torture has all of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.cluster.cluster import ROOT

pytestmark = pytest.mark.integration

FAULTS = ("handoff", "worker-killed", "litefs-killed", "litefs-killed-replica", "no-descriptors")
ISOLATED = ("unshare", "--net", "--mount")
SEED = 20
ENDS_WITHIN = 150.0


def test_no_promise_is_broken(tmp_path: Path, measured: Callable[[str], None]) -> None:
    chosen = [word for name in FAULTS for word in ("--fault", name)]
    found = tmp_path / "found.json"
    done = subprocess.run(
        [*ISOLATED, sys.executable, "-m", "tools.torture", f"--seed={SEED}", f"--json={found}", *chosen],
        cwd=ROOT, capture_output=True, text=True, timeout=ENDS_WITHIN,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    episodes = json.loads(found.read_text())["episodes"]
    assert sorted(e["fault"] for e in episodes) == sorted(FAULTS)
    for e in episodes:
        assert e["requests"] > 0
        measured(
            f"{e['fault']}: {e['requests']} requests, {e['not_executed']} not executed, {e['unknown']} unknown, "
            f"longest {e['longest']:.1f} s, {len(e['lost'])} lost"
        )


def test_a_shared_network_is_refused() -> None:
    """Its packet rules and addresses are for a namespace of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.torture", "--seed=1"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "bin/torture" in done.stderr
