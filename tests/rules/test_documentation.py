"""What the documents list is what the code accepts, no more and no less."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sysconfig
from pathlib import Path

from django_litefs.settings import Settings

FIRST_CELL = re.compile(r"^\| *`([^`]+)`", re.MULTILINE)


def documented(path: Path) -> list[str]:
    """The names in the first cells of the document's tables."""
    return FIRST_CELL.findall(path.read_text())


def test_settings(root: Path) -> None:
    real = [field.name.upper() for field in dataclasses.fields(Settings) if "doc" in field.metadata]
    assert sorted(documented(root / "docs" / "settings.md")) == sorted(real)


def test_proxy_configuration(root: Path) -> None:
    litefs_proxy = Path(sysconfig.get_path("scripts"), "litefs-proxy")
    printed = subprocess.run(
        [litefs_proxy, "check", "--keys"], check=True, capture_output=True, text=True
    ).stdout
    real = [line.split()[0] for line in printed.splitlines() if line.strip()]
    assert real
    assert sorted(documented(root / "docs" / "configuration.md")) == sorted(real)


def test_links_between_documents(root: Path, project_files: list[Path]) -> None:
    broken = [
        f"{path}: {target}"
        for path in project_files
        if path.suffix == ".md"
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", (root / path).read_text())
        if not (root / path.parent / target).exists()
    ]
    assert broken == []
