"""One owner for each node."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from django_litefs import owner


def test_the_second_claim_is_refused(tmp_path: Path) -> None:
    folder = str(tmp_path)
    assert owner.current(folder) == ""
    assert list(tmp_path.iterdir()) == [], "a look created a file"
    descriptor = owner.claim(folder)
    assert descriptor is not None
    assert owner.claim(folder) is None
    assert owner.current(folder) == str(os.getpid())
    os.close(descriptor)
    assert owner.current(folder) == ""


def test_the_lock_stays_over_exec(tmp_path: Path) -> None:
    """With the program that the owner becomes, and only as long as that lives."""
    become = (
        "import os, sys; from django_litefs import owner; owner.claim(sys.argv[1]); os.execvp('cat', ['cat'])"
    )
    with subprocess.Popen([sys.executable, "-c", become, tmp_path], stdin=-1, stdout=-1) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"x")
        process.stdin.flush()
        assert process.stdout.read(1) == b"x"  # it is cat now
        assert owner.current(str(tmp_path)) == str(process.pid)
        process.stdin.close()
    assert owner.current(str(tmp_path)) == ""
