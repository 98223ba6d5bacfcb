"""The processes of a development cluster."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from django_litefs import members


def test_one_that_ended_before_it_was_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As by a Ctrl-C that reaches it at once: nothing is waited for, and no zombie stays."""
    monkeypatch.setattr(members, "_born", lambda _pid: "")
    member = members.Member("n1", {})
    member.spawn(["true"], {}, str(tmp_path / "log"))
    assert not member.alive
    member.stop()
    with pytest.raises(ChildProcessError):
        os.waitpid(member.pid, os.WNOHANG)
