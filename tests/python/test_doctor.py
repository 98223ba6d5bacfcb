"""litefs_doctor: each check finds its fault, names a fix and gives no secret away."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core import signing
from django.core.management import call_command
from django.test import AsyncClient, Client

from django_litefs import __version__, config, doctor, pinned, start
from django_litefs.conf import effective
from django_litefs.doctor import host, probe, site
from django_litefs.settings import Settings
from tests.python.findings import changed, only, states
from tests.python.litefs_node import LitefsNode


def test_programs(stopped: Settings, tmp_path: Path) -> None:
    (tmp_path / "litefs-proxy").write_text(f"#!/bin/sh\necho litefs-proxy {__version__}\n")
    (tmp_path / "litefs").write_text("#!/bin/sh\necho LiteFS v0.5.11, commit=abc\n")
    named = changed(stopped, binary_path=str(tmp_path))
    assert states(list(host.programs(named))) == {doctor.PROBLEM}
    for name in ("litefs-proxy", "litefs"):
        (tmp_path / name).chmod(0o755)
    other = only(list(host.programs(named)), doctor.WARNING)
    assert "0.5.11" in other.what
    assert "BINARY_PATH" in other.what
    (tmp_path / "litefs").write_text(f"#!/bin/sh\necho LiteFS {pinned.LITEFS_VERSION}+patched, commit=\n")
    assert states(list(host.programs(named))) == {doctor.GOOD}


def test_fuse(stopped: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "FUSE_DEVICE", "/dev/no-fuse")
    assert "load the fuse module" in only(list(host.fuse(stopped)), doctor.PROBLEM).fix
    monkeypatch.setattr(start, "fuse_problems", list)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    conf = tmp_path / "fuse.conf"
    monkeypatch.setattr(host, "FUSE_CONF", str(conf))
    shared = changed(stopped, allow_other=True)
    conf.write_text("#user_allow_other\n")
    assert "user_allow_other" in only(list(host.fuse(shared)), doctor.PROBLEM).fix
    conf.write_text("user_allow_other\n")
    assert states(list(host.fuse(shared))) == {doctor.GOOD}


def test_folders(stopped: Settings) -> None:
    assert states(list(host.folders(stopped))) == {doctor.GOOD}
    secret = Path(stopped.data_path, config.PROXY_FILE)
    secret.write_text("")
    secret.chmod(0o644)
    assert "chmod 0600" in only(list(host.folders(stopped)), doctor.PROBLEM).fix
    secret.chmod(0o600)
    Path(stopped.data_path).chmod(0o755)
    assert "open to every user" in only(list(host.folders(stopped)), doctor.WARNING).what
    assert only(list(host.folders(changed(stopped, data_path="/not/there"))), doctor.UNKNOWN)


@pytest.mark.parametrize(
    ("kind", "state", "words"),
    [("tmpfs", doctor.PROBLEM, "loses every database"), ("overlay", doctor.WARNING, "begins empty")],
)
def test_volatile_disks(
    stopped: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, state: str, words: str
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        f"1 1 0:1 / / rw - ext4 /dev/x rw\n2 1 0:2 / {stopped.data_path} rw - {kind} none rw\n"
        f"3 1 0:3 / {stopped.data_path}/other rw - xfs none rw\n"
    )
    monkeypatch.setattr(host, "MOUNTS", str(mounts))
    assert words in only(list(host.disk(stopped)), state).what


def test_a_full_disk(stopped: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "LEAST_FREE", 1 << 62)
    assert "Make room" in only([f for f in host.disk(stopped) if "free" in f.what], doctor.PROBLEM).fix


def test_ports_and_what_is_open_to_all(stopped: Settings) -> None:
    with socket.create_server(("127.0.2.9", 0)) as taken:
        port = taken.getsockname()[1]
        at = f"127.0.2.9:{port}"
        here = changed(
            stopped, proxy_addr=at, http_addr=at, proxy_target=f"127.0.2.8:{port}", admin_addr="192.0.2.1:1"
        )
        found = {f.what.split()[0]: f for f in host.ports(here) if f.state == doctor.PROBLEM}
        assert set(found) == {"PROXY_ADDR", "HTTP_ADDR", "ADMIN_ADDR"}
        assert "no address of this machine" in found["ADMIN_ADDR"].what
        here = changed(here, admin_addr="")
        assert states(list(host.exposure(here))) == {doctor.GOOD}
    with socket.create_server(("0.0.0.0", 0)) as wide:
        port = wide.getsockname()[1]
        here = changed(stopped, http_addr=f"127.0.2.9:{port}", admin_addr="8.8.8.8:1")
        assert states(list(host.exposure(here))) == {doctor.PROBLEM}


def test_connections(stopped: Settings, settings: Any) -> None:
    assert states(list(site.connections(stopped))) == {doctor.GOOD}
    settings.DATABASES["default"]["CONN_MAX_AGE"] = 0
    assert "CONN_MAX_AGE" in only(list(site.connections(stopped)), doctor.WARNING).fix
    settings.DATABASES["default"]["CONN_MAX_AGE"] = None


def test_system_checks(stopped: Settings, settings: Any) -> None:
    settings.MIDDLEWARE = []
    assert any("W001" in f.what and f.fix for f in site.system_checks(stopped))


@pytest.mark.integration
def test_journals(on_node: LitefsNode, make_wrapper: Callable[[], Any]) -> None:
    assert only(list(site.journals(effective())), doctor.UNKNOWN)
    with make_wrapper().cursor() as cursor:
        cursor.execute("CREATE TABLE t (x)")
    assert "WAL" in only(list(site.journals(effective())), doctor.GOOD).what
    on_node.kill()
    assert "not mounted" in only(list(site.journals(effective())), doctor.UNKNOWN).what


@pytest.mark.django_db(transaction=True)
def test_the_probe_is_answered_to_the_doctor_alone(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    token = signing.dumps("write", salt=probe.SALT)
    assert client.post(probe.PATH, headers={probe.HEADER: token}).status_code == 200
    assert client.post(probe.PATH, headers={probe.HEADER: token + "x"}).status_code == 403
    assert client.post(probe.PATH).status_code == 404
    assert client.get(probe.PATH, headers={probe.HEADER: token}).status_code == 404
    asked = async_to_sync(AsyncClient().post)(probe.PATH, headers={probe.HEADER: token})
    assert (asked.status_code, asked.json()) == (200, {"position": ""})


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://consul:8500", "http://consul:8500"),
        ("https://:token@consul/p", "https://***@consul/p"),
        ("https://consul/p?token=abc&dc=x", "https://consul/p?token=***&dc=x"),
    ],
)
def test_redaction(url: str, shown: str) -> None:
    assert doctor.redacted(url) == shown


@pytest.mark.parametrize(
    ("found", "code"),
    [((), 0), (("good", "warning"), 0), (("good", "unknown"), 2), (("unknown", "problem"), 1)],
)
def test_exit_codes(found: tuple[str, ...], code: int) -> None:
    assert doctor.exit_code([doctor.Finding("c", state, "w") for state in found]) == code


def test_the_command(stopped: Settings) -> None:
    assert stopped.cluster
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("litefs_doctor", stdout=out)
    assert "->" in out.getvalue()
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("litefs_doctor", "--json", stdout=out)
    assert all(f["fix"] or f["state"] == doctor.GOOD for f in json.loads(out.getvalue()))


def test_settings_that_cannot_work(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["manage.py", "litefs_doctor"])
    settings.LITEFS = {"READ_WAIT": "soon"}
    out = StringIO()
    with pytest.raises(SystemExit) as caught:
        call_command("litefs_doctor", stdout=out)
    assert caught.value.code == 1
    assert "READ_WAIT" in out.getvalue()
