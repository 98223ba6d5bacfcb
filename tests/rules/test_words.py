"""Field words only, and nothing that is true on one machine only."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SKIPPED = {"go.sum", "LICENSE", "requirements.txt", "requirements-go.txt", Path(__file__).name}
BINARY = {".png", ".jpg", ".ico", ".woff2", ".seed"}

FORBIDDEN = {
    "a path of one machine": r"/(work/(main|shared)|home/\w+|root/\.)|/opt/wheels",
    "a registry's host": r"\b(files\.pythonhosted\.org|pypi\.org/simple|proxy\.golang\.org|registry\.npmjs\.org)\b",
    "a key": r"BEGIN (RSA |EC |OPENSSH )?PRIVATE KEY|AKIA[0-9A-Z]{16}",
}
# Test keys are made when the tests run; these words would hide what a class is.
VAGUE_NAMES = re.compile(
    r"\b(class|struct) \w*(Manager|Helper|Util|UseCase|Adapter|_manager|_helper|_util|_adapter)s?\b"
)


def texts(root: Path, files: list[Path]) -> list[tuple[Path, str]]:
    return [(p, (root / p).read_text()) for p in files if p.name not in SKIPPED and p.suffix not in BINARY]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_of_one_machine(what: str, root: Path, project_files: list[Path]) -> None:
    pattern = re.compile(FORBIDDEN[what])
    assert [
        f"{path}: {hit[0]}" for path, text in texts(root, project_files) if (hit := pattern.search(text))
    ] == []


def test_no_vague_class_names(root: Path, project_files: list[Path]) -> None:
    code = [path for path in project_files if path.suffix in {".py", ".cpp", ".hpp"}]
    assert [
        f"{path}: {hit[0]}" for path, text in texts(root, code) if (hit := VAGUE_NAMES.search(text))
    ] == []


def test_files_end_with_one_newline(root: Path, project_files: list[Path]) -> None:
    offenders = [
        str(p) for p, text in texts(root, project_files) if text and (text[-1] != "\n" or text[-2:] == "\n\n")
    ]
    assert offenders == []
