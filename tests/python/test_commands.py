"""The management commands, as far as they go without a cluster."""

from __future__ import annotations

import json
import os
import stat
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.core.management.base import CommandError

from django_litefs import start
from django_litefs.conf import effective
from tests.python.test_settings import BAD_SETTINGS

PROXY = '#!/bin/sh\n[ "$1" = check ] || exit 9\n[ -n "$(cat "$3")" ] || exit 2\n'


class Executed(Exception):  # noqa: N818
    """Stands where litefs_start would become litefs-proxy."""


@pytest.fixture
def single(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A single node with executables that do nothing."""
    binaries = tmp_path / "bin"
    binaries.mkdir()
    for name in ("litefs", "litefs-proxy"):
        (binaries / name).write_text(PROXY)
        (binaries / name).chmod(0o755)
    monkeypatch.setattr("sys.argv", ["manage.py", "litefs_start"])
    settings.LITEFS = {"ENABLED": False, "DATA_PATH": tmp_path / "data", "BINARY_PATH": binaries}

    def execute(program: str, arguments: list[str]) -> None:
        raise Executed(program, arguments)

    monkeypatch.setattr(os, "execv", execute)
    return tmp_path


def cluster_settings(folder: Path) -> dict[str, Any]:
    return {
        "STATIC_PRIMARY": {"hostname": "n0", "url": "http://127.0.2.7:20202"},
        "HOSTNAME": "n0",
        "MOUNT_PATH": folder / "mount",
        "DATA_PATH": folder / "data",
        "BINARY_PATH": folder / "bin",
    }


def test_start_becomes_the_proxy(single: Path) -> None:
    with pytest.raises(Executed) as caught:
        call_command("litefs_start", "--", "gunicorn", "site.wsgi", "--workers=3")
    program, arguments = caught.value.args
    file = single / "data" / "litefs-proxy.yml"
    assert arguments == [program, "run", "--config", str(file)]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    written = yaml.safe_load(file.read_text())
    assert written["exec"][0]["cmd"] == [sys.executable, os.path.abspath("manage.py"), "litefs_migrate"]
    assert written["exec"][1]["cmd"] == ["gunicorn", "--bind", "127.0.0.1:8000", "site.wsgi", "--workers=3"]
    assert written["limits"]["target-connections"] == 6
    assert "litefs" not in written


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"READ_WAIT": "soon"}, "READ_WAIT"),
        ({"BINARY_PATH": "/nowhere"}, "BINARY_PATH"),
        ({"DATA_PATH": "/dev/null/data"}, "/dev/null"),
        ({"EXTRA": {"fuse": {"dir": "/x"}}}, "fuse.dir"),
    ],
)
def test_start_refuses_before_anything_starts(
    single: Path, settings: Any, change: dict[str, Any], named: str
) -> None:
    settings.LITEFS = {**cluster_settings(single), **change}
    with pytest.raises(CommandError, match=named):
        call_command("litefs_start", "--", "gunicorn", "site.wsgi")
    assert not (single / "data").exists()


@pytest.mark.parametrize(("litefs", "named"), BAD_SETTINGS)
def test_a_bad_setting_is_one_error_before_anything_starts(
    single: Path, settings: Any, litefs: Any, named: str
) -> None:
    settings.LITEFS = {"DATA_PATH": single / "data", **litefs} if isinstance(litefs, dict) else litefs
    with pytest.raises(CommandError) as caught:
        call_command("litefs_start", "--", "gunicorn", "site.wsgi")
    assert named in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert not (single / "data").exists()


def test_start_picks_a_server(single: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (single / "site").mkdir()
    monkeypatch.chdir(single)
    monkeypatch.setattr("sys.argv", ["site/manage.py", "litefs_start"])
    settings.WSGI_APPLICATION = "site.wsgi.application"
    out = StringIO()
    with pytest.raises(Executed):
        call_command("litefs_start", stdout=out)
    assert os.getcwd() == str(single / "site"), "it would not find the application"
    picked = ["-m", "gunicorn", "--bind", "127.0.0.1:8000", "site.wsgi:application"]
    migrate, app = yaml.safe_load((single / "data" / "litefs-proxy.yml").read_text())["exec"]
    assert migrate["cmd"][1] == str(single / "site" / "manage.py")
    assert app["cmd"][1:] == picked
    assert "gunicorn site.wsgi:application" in out.getvalue()
    assert f"single node on the plain file {single / 'data' / 'db.sqlite3'}" in out.getvalue()
    settings.WSGI_APPLICATION = None
    with pytest.raises(CommandError, match="Which app server"):
        call_command("litefs_start")


def test_config_prints_what_start_would_write(single: Path, settings: Any) -> None:
    settings.WSGI_APPLICATION = "site.wsgi.application"
    settings.LITEFS = {**settings.LITEFS, **cluster_settings(single), "ENABLED": True, "SECRET": "s" * 20}
    out = StringIO()
    call_command("litefs_config", "--secrets", stdout=out)
    shown, hidden = out.getvalue(), StringIO()
    call_command("litefs_config", "--", "gunicorn", "site.wsgi", stdout=hidden)
    assert not (single / "data").exists()
    assert "s" * 20 in shown
    assert "s" * 20 not in hidden.getvalue()
    litefs, proxy = yaml.safe_load_all(shown)
    assert litefs["fuse"]["dir"] == str(single / "mount")
    assert proxy["exec"][1]["cmd"][-1] == "site.wsgi:application"


def test_start_without_a_server(single: Path) -> None:
    with pytest.raises(Executed) as caught:
        call_command("litefs_start", "--no-server", "--no-migrate", "--parent", "7")
    assert caught.value.args[1][-2:] == ["--parent", "7"]
    assert yaml.safe_load((single / "data" / "litefs-proxy.yml").read_text())["exec"] == []
    with pytest.raises(CommandError, match="leave out one"):
        call_command("litefs_start", "--no-server", "--", "gunicorn")


def test_a_second_start_is_refused(single: Path) -> None:
    with pytest.raises(Executed):
        call_command("litefs_start", "--no-server")
    before = (single / "data" / "litefs-proxy.yml").read_text()
    with pytest.raises(CommandError, match=f"Process {os.getpid()} runs this node already"):
        call_command("litefs_start", "--", "gunicorn", "site.wsgi")
    assert (single / "data" / "litefs-proxy.yml").read_text() == before


def test_what_keeps_a_cluster_node_from_starting(
    single: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LITEFS = cluster_settings(single)
    monkeypatch.setattr(start, "fuse_problems", list)
    s = effective()
    assert start.problems(s) == []
    (single / "mount").mkdir()
    (single / "mount" / "db.sqlite3").write_text("")
    (single / "data").mkdir()
    old = single / "data" / "db.sqlite3"
    old.write_text("rows")
    left, plain = start.problems(s)
    assert "move it away" in left
    assert f"litefs_start --import {old} -- COMMAND" in plain
    assert len(start.problems(s, str(old))) == 1, "it is what --import names"
    monkeypatch.undo()
    monkeypatch.setattr(start, "FUSE_DEVICE", "/dev/no-fuse")
    assert "does not exist" in start.problems(s)[0]


def test_status_and_primary_of_a_single_node(single: Path, settings: Any) -> None:
    settings.LITEFS = {**settings.LITEFS, "PROXY_ADDR": "127.0.2.8:1"}
    out = StringIO()
    with pytest.raises(SystemExit) as caught:
        call_command("litefs_status", "--json", stdout=out)
    assert caught.value.code == 2  # nothing to ask: the proxy does not run
    found = json.loads(out.getvalue())
    assert (found["role"], found["hostname"], found["folder"]) == ("single", None, str(single / "data"))
    with pytest.raises(SystemExit) as caught:
        call_command("litefs_primary", "--check")
    assert caught.value.code == 0
    with pytest.raises(CommandError, match="single node"):
        call_command("litefs_primary", "--promote")


@pytest.mark.django_db
def test_migrate_on_a_single_node() -> None:
    call_command("litefs_migrate", verbosity=0)
