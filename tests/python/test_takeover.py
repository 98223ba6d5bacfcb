"""A litefs.yml that somebody has: the printed settings mean the same to LiteFS."""

from __future__ import annotations

import subprocess
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.core.management.base import CommandError

from django_litefs import config, takeover
from django_litefs.settings import Settings, resolve
from tests.python.litefs_node import LITEFS

FILES = Path(__file__).parent / "files"
ON_FLY = {
    "FLY_REGION": "ams",
    "PRIMARY_REGION": "ams",
    "FLY_APP_NAME": "notes",
    "HOSTNAME": "m1",
    "FLY_CONSUL_URL": "https://:token@consul.example/",
}


def printed(file: Path) -> str:
    out = StringIO()
    call_command("litefs_config", "--import", str(file), stdout=out)
    return out.getvalue()


def taken_over(file: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """What the printed text makes of the settings of a site."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    module: dict[str, Any] = {}
    exec(printed(file), module)
    django = SimpleNamespace(LITEFS=module["LITEFS"], DEBUG=False, SECRET_KEY="x" * 50)
    return resolve(django, {}, ["manage.py", "litefs_start"])


def test_the_example_of_litefs(monkeypatch: pytest.MonkeyPatch) -> None:
    file = FILES / "litefs-example.yml"
    s = taken_over(file, {}, monkeypatch)
    original, made = yaml.safe_load(file.read_text()), config.litefs_config(s)
    assert made["lease"] == {**original["lease"], "promote": False, "reconnect-delay": "100ms"}
    assert made["fuse"] == original["fuse"]
    assert made["data"] == original["data"]
    assert made["tracing"] == original["tracing"]
    assert made["http"]["addr"] == "myhost:20202"
    assert (s.proxy_addr, s.proxy_target, s.database_name) == (":8080", "localhost:8081", "my.db")
    assert s.passthrough == ("/debug/*", "*.png")
    text = printed(file)
    assert "litefs_start -- myapp -addr :8081" in text
    for key in ("skip-sync", "exit-on-error", "http.addr", "proxy.debug"):
        assert f"# {key}" in text


def test_variables_of_fly(monkeypatch: pytest.MonkeyPatch) -> None:
    file = FILES / "litefs-fly.yml"
    s = taken_over(file, ON_FLY, monkeypatch)
    assert s.consul_url == ON_FLY["FLY_CONSUL_URL"]
    assert s.consul_key == "notes/litefs"
    assert s.advertise_url == "http://m1.vm.notes.internal:20202"
    assert s.consul_ttl == "15000000000ns"
    assert (s.candidate, s.promote) == (True, True)
    assert not taken_over(file, {**ON_FLY, "FLY_REGION": "syd"}, monkeypatch).candidate
    text = printed(file)
    assert ON_FLY["FLY_CONSUL_URL"] not in text
    assert "litefs_start -- gunicorn 'my site.wsgi' --workers 2" in text
    assert "# surprise: LiteFS has no such key." in text
    assert "# exec 'python manage.py migrate': not needed" in text
    assert "# exec 'python manage.py warm_up': not taken over" in text
    assert "# proxy.read-timeout" in text


def test_litefs_accepts_what_the_settings_make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not LITEFS.exists():
        pytest.skip("bin/setup builds LiteFS")
    for name, environ in (("litefs-example.yml", {}), ("litefs-fly.yml", ON_FLY)):
        made = config.litefs_config(taken_over(FILES / name, environ, monkeypatch))
        made["data"]["dir"], made["http"]["addr"] = "/dev/null/data", "127.0.2.9:0"  # nothing is looked up
        made.pop("tracing", None)  # its file would be created
        config.write(str(tmp_path / name), made)
        command = [str(LITEFS), "mount", "-config", str(tmp_path / name), "-no-expand-env"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
        assert "cannot open store" in done.stderr


@pytest.mark.parametrize(
    ("text", "settings", "note"),
    [
        (
            "lease: {type: static, hostname: n0, advertise-url: 'http://n0:20202', candidate: true}",
            {"STATIC_PRIMARY": {"hostname": "n0", "url": "http://n0:20202"}, "HOSTNAME": "n0"},
            "",
        ),
        (
            "lease: {type: static, hostname: n0, advertise-url: 'http://n0:20202', candidate: false}",
            {"STATIC_PRIMARY": {"hostname": "n0", "url": "http://n0:20202"}},
            "a HOSTNAME of its own",
        ),
        (
            "log: {debug: true, format: json}\nlease: {type: consul}",
            {"LOG_LEVEL": "debug", "LOG_FORMAT": "json"},
            "",
        ),
        ("http: {addr: '10.0.0.1:1'}\nlease: {type: consul}", {"HTTP_ADDR": "10.0.0.1:1"}, ""),
        ("lease: {type: raft}", {}, "'consul' and 'static' only"),
        ("fuse: 3\nlease: {type: consul}", {}, "fuse: LiteFS has no such key"),
    ],
)
def test_parts(text: str, settings: dict[str, Any], note: str) -> None:
    found = takeover.read(text)
    assert found.settings == settings
    assert note in " ".join(found.notes)
    assert bool(found.notes) == bool(note)


@pytest.mark.parametrize(
    ("value", "environ", "meaning"),
    [
        ("plain", {}, "plain"),
        ("$A", {"A": "1"}, "1"),
        ("${A}", {}, ""),
        ("x-${A}/$B\"'{}\\", {"A": "1", "B": "2"}, "x-1/2\"'{}\\"),
        ("${A == 'eu'}", {"A": "eu"}, True),
        ('${A != "eu"}', {"A": "eu"}, False),
        ("${A == B}", {"A": "x", "B": "x"}, True),
    ],
)
def test_variables(
    value: str, environ: dict[str, str], meaning: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("A", "B"):
        monkeypatch.delenv(name, raising=False)
    for name, text in environ.items():
        monkeypatch.setenv(name, text)
    module: dict[str, Any] = {}
    exec(takeover.Takeover({"KEY": [value]}).source(), module)
    assert module["LITEFS"] == {"KEY": [meaning]}


@pytest.mark.parametrize(
    ("content", "named"), [(b"a: [", "no YAML"), (b"- 1", "no keys"), (b"\xff", "utf-8")]
)
def test_no_configuration(tmp_path: Path, content: bytes, named: str) -> None:
    file = tmp_path / "litefs.yml"
    file.write_bytes(content)
    with pytest.raises(CommandError, match=named):
        call_command("litefs_config", "--import", str(file))
    with pytest.raises(CommandError, match="No such file"):
        call_command("litefs_config", "--import", str(tmp_path / "none"))
