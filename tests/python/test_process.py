"""Where the executables are."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_litefs.process import ExecutableNotFoundError, find_executable


def test_executables_are_found_in_the_named_folder_only(tmp_path: Path) -> None:
    program = tmp_path / "litefs-proxy"
    program.write_text("#!/bin/sh\n")
    with pytest.raises(ExecutableNotFoundError, match="BINARY_PATH"):
        find_executable("litefs-proxy", str(tmp_path))
    program.chmod(0o755)
    assert find_executable("litefs-proxy", str(tmp_path)) == str(program)
