"""python -m django_litefs: every command of ours, without a manage.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from django_litefs.__main__ import commands

ROOT = Path(__file__).parents[2]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "django_litefs", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_knows_all_commands() -> None:
    assert {"status", "doctor", "export", "import", "maintenance", "primary", "run", "start"} <= set(
        commands()
    )


@pytest.mark.parametrize("name", ["primary", "litefs_primary"])
def test_runs_a_command(name: str, tmp_path: Path) -> None:
    done = run(
        name,
        DJANGO_SETTINGS_MODULE="tests.python.settings",
        LITEFS_ENABLED="false",
        LITEFS_DATA_PATH=str(tmp_path),
    )
    assert (done.returncode, done.stdout) == (0, "single node: no LiteFS\n"), done.stderr


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        ((), {}),
        (("dance",), {"DJANGO_SETTINGS_MODULE": "tests.python.settings"}),
        (("status",), {}),
        (("shell",), {"DJANGO_SETTINGS_MODULE": "tests.python.settings"}),
    ],
)
def test_says_how(arguments: tuple[str, ...], environment: dict[str, str]) -> None:
    done = run(*arguments, **environment)
    assert done.returncode == 1
    assert done.stderr.startswith("usage: python -m django_litefs COMMAND")
    assert "DJANGO_SETTINGS_MODULE" in done.stderr
