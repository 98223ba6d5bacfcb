"""Where the executables are."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_litefs import __version__, pinned, process
from django_litefs.process import ExecutableNotFoundError, choose_executable, find_executable


def write(folder: Path, name: str, says: str) -> Path:
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
    return program


def test_executables_are_found_in_the_named_folder_only(tmp_path: Path) -> None:
    program = tmp_path / "litefs-proxy"
    program.write_text("#!/bin/sh\n")
    with pytest.raises(ExecutableNotFoundError, match="BINARY_PATH"):
        find_executable("litefs-proxy", str(tmp_path))
    program.chmod(0o755)
    assert find_executable("litefs-proxy", str(tmp_path)) == str(program)


@pytest.mark.parametrize(
    ("name", "says", "mismatch"),
    [
        ("litefs", f"LiteFS {pinned.LITEFS_VERSION}, commit=", ""),
        ("litefs", f"LiteFS {pinned.LITEFS_VERSION}+patched, commit=", ""),
        ("litefs", "LiteFS v0.5.10, commit=abc", "litefs 0.5.10 at "),
        ("litefs", "LiteFS development build", "litefs of unknown version at "),
        ("litefs-proxy", f"litefs-proxy {__version__}", ""),
        ("litefs-proxy", "litefs-proxy 99.0.0", "litefs-proxy 99.0.0 at "),
    ],
)
def test_another_version_than_the_tested_one_is_told(
    tmp_path: Path, name: str, says: str, mismatch: str
) -> None:
    write(tmp_path, name, says)
    found = choose_executable(name, str(tmp_path))
    assert found.mismatch.startswith(mismatch)
    assert bool(found.mismatch) == bool(mismatch)


@pytest.mark.parametrize(
    ("version", "used"), [(f"{pinned.LITEFS_VERSION}+patched", True), ("v0.5.10", False)]
)
def test_path_is_the_last_place_and_only_for_the_tested_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, used: bool
) -> None:
    assert choose_executable("litefs").why == process.BUNDLED
    program = write(tmp_path, "litefs", f"LiteFS {version}, commit=")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    assert choose_executable("litefs").path != str(program)
    monkeypatch.setattr(process, "_bundled", lambda name: f"/not/there/{name}")
    if used:
        assert (choose_executable("litefs").path, choose_executable("litefs").why) == (
            str(program),
            process.ON_PATH,
        )
    else:
        with pytest.raises(ExecutableNotFoundError, match=r"Not used: litefs 0\.5\.10"):
            find_executable("litefs")


def test_the_bundled_programs_are_the_tested_ones() -> None:
    assert [choose_executable(name).mismatch for name in ("litefs", "litefs-proxy")] == ["", ""]


def test_the_python_part_alone_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_bundled", lambda name: f"/not/there/{name}")
    monkeypatch.setattr("django_litefs._core.SINGLE_ONLY", True, raising=False)
    with pytest.raises(ExecutableNotFoundError, match="the Python part alone: run the app server itself"):
        find_executable("litefs-proxy")
