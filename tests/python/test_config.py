"""The generated files: literal, private, and accepted by the programs that read them."""

from __future__ import annotations

import itertools
import stat
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from django_litefs import config
from django_litefs._litefs_keys import KEYS, walk
from django_litefs.process import ExecutableNotFoundError, find_executable
from django_litefs.settings import Settings, SettingsError, resolve
from tests.python.litefs_node import LITEFS
from tools.cluster.front import certificate

APP = {"cmd": ["gunicorn", "s.wsgi"], "env": {"PORT": "8000"}}
MIGRATE = ["python", "manage.py", "litefs_migrate"]


def settings(folder: Path, **litefs: Any) -> Settings:
    values = {
        "MOUNT_PATH": folder / "mount",
        "DATA_PATH": folder / "data",
        "HOSTNAME": "n0",
        "ADVERTISE_URL": "http://127.0.2.9:20202",
        **({} if "STATIC_PRIMARY" in litefs else {"CONSUL_URL": "http://127.0.2.9:8500", "CONSUL_KEY": "k"}),
        **litefs,
    }
    return resolve(SimpleNamespace(LITEFS=values, DEBUG=False, SECRET_KEY="x" * 50), {}, ["manage.py"])


VARIANTS: list[dict[str, Any]] = [
    {},
    {"STATIC_PRIMARY": {"hostname": "n0", "url": "http://127.0.2.9:20202"}},
    {
        "LOG_LEVEL": "warning",
        "LOG_FORMAT": "json",
        "ALLOW_OTHER": True,
        "RETENTION": "2h30m",
        "RETENTION_MONITOR_INTERVAL": "45s",
        "PROMOTE": True,
    },
    {
        "PRIMARY_URL": {"n0": "http://127.0.2.9:8081"},
        "DATABASES": ["b.sqlite3"],
        "TRUSTED_PROXIES": ["10.0.0.0/8"],
        "TRANSPORT": "auto",
        "ADMIN_ADDR": "127.0.2.9:20203",
    },
    {
        "EXTRA": {"lease": {"demote-delay": "5s"}, "data": {"compress": False}},
        "SECRET": ["a" * 16, "$ecret" * 4],
    },
    {
        "COOKIE_SAMESITE": "None",
        "COOKIE_DOMAIN": ".example.com",
        "PROXY_EXTRA": {
            "threads": 1,
            "limits": {"body": "2GiB"},
            "stale-max": "1m",
            "extra-methods": ["PURGE"],
        },
    },
    {"CONSUL_TTL": "30s"},  # writes wait for longer than the proxy's default wait for an answer
]


EVERY_EXTRA = {
    "exit-on-error": True,
    "skip-sync": True,
    "strict-verify": True,
    "data": {"compress": False},
    "fuse": {"debug": False},
    "http": {"snapshot-timeout": "30s"},
    "lease": {"reconnect-delay": "1s", "demote-delay": "5s"},
    "backup": {"type": "file", "path": "/backup"},
    "log": {"timestamp": True},
    "tracing": {"enabled": False, "path": "/dev/null/t", "max-size": 1, "max-count": 1, "compress": False},
}
LEASES: list[dict[str, Any]] = [{}, {"STATIC_PRIMARY": {"hostname": "n0", "url": "http://127.0.2.9:20202"}}]
COMBINATIONS = [
    {**lease, "ALLOW_OTHER": other, "LOG_FORMAT": form, "LOG_LEVEL": level, "EXTRA": extra}
    for lease, other, form, level, extra in itertools.product(
        LEASES, (False, True), ("text", "json"), ("info", "debug"), ({}, EVERY_EXTRA)
    )
]


@pytest.mark.parametrize("litefs", [*VARIANTS, *COMBINATIONS])
def test_litefs_accepts_its_file(tmp_path: Path, litefs: dict[str, Any]) -> None:
    """Every key is known to the real program: it gets as far as looking for what the file names."""
    if not LITEFS.exists():
        pytest.skip("bin/setup builds LiteFS")
    path = tmp_path / config.LITEFS_FILE
    # The folder cannot be made, so that LiteFS stops after it has read its file.
    made = config.litefs_config(settings(tmp_path, **litefs))
    made["data"]["dir"] = "/dev/null/data"
    if "backup" in made:
        made["backup"]["path"] = str(tmp_path / "backup")
    config.write(str(path), made)
    command = [str(LITEFS), "mount", "-config", str(path), "-no-expand-env"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode != 0
    assert "cannot open store" in done.stderr


@pytest.mark.parametrize("litefs", [*VARIANTS, {"ENABLED": False}])
def test_litefs_proxy_accepts_its_file(tmp_path: Path, litefs: dict[str, Any]) -> None:
    try:
        proxy = find_executable("litefs-proxy")
    except ExecutableNotFoundError:
        pytest.skip("bin/setup builds litefs-proxy")
    path = tmp_path / config.PROXY_FILE
    s = replace(settings(tmp_path, **litefs), target_connections=8)
    config.write(str(path), config.proxy_config(s, litefs="/bin/litefs", app=APP, migrate=MIGRATE))
    command = [proxy, "check", "--config", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 0, done.stderr


def test_litefs_proxy_loads_the_files_of_tls(tmp_path: Path) -> None:
    certificate(tmp_path, "ca")
    cert, key = certificate(tmp_path, "node", "ca")
    tls = {"TLS_ADDR": ":8443", "TLS_CERT": cert, "TLS_KEY": key, "TLS_CLIENT_CA": tmp_path / "ca.pem"}
    peers = {"PEER_TLS_CA": tmp_path / "ca.pem", "PEER_TLS_CERT": cert, "PEER_TLS_KEY": key}
    test_litefs_proxy_accepts_its_file(
        tmp_path, {**tls, **peers, "PRIMARY_URL": "https://{hostname}:8443", "ACCESS_LOG_FILE": "/dev/null"}
    )
    made = yaml.safe_load((tmp_path / config.PROXY_FILE).read_text())
    assert made["tls"] == [
        {"addr": ":8443", "cert": str(cert), "key": str(key), "client-ca": str(tmp_path / "ca.pem")}
    ]
    assert made["peer-tls"] == {"ca": str(tmp_path / "ca.pem"), "cert": str(cert), "key": str(key)}
    key.unlink()
    command = [find_executable("litefs-proxy"), "check", "--config", str(tmp_path / config.PROXY_FILE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 2
    assert "tls[0].key: cannot read" in done.stderr
    assert "peer-tls.key: cannot read" in done.stderr


def test_files_are_private_and_complete(tmp_path: Path) -> None:
    path = tmp_path / "f.yml"
    path.write_text("old")
    path.chmod(0o644)
    config.write(str(path), {"a": "${HOME} $x", "b": [1]})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().startswith("# Written by")
    assert yaml.safe_load(path.read_text()) == {"a": "${HOME} $x", "b": [1]}
    assert [entry.name for entry in tmp_path.iterdir()] == ["f.yml"]


def test_extra_reaches_every_key_without_a_setting() -> None:
    """Those of LiteFS's file that no setting of ours writes."""
    ours = {path for path, _, _ in walk(config.litefs_config(settings(Path("/x"))))}
    ours |= {("lease", "consul", key) for key in KEYS["lease"]["consul"]} | {
        ("lease", "databases"),
        ("exec",),
    }
    ours |= {("proxy", key) for key in KEYS["proxy"]} | {
        ("backup", k) for k in ("url", "cluster", "auth-token")
    }
    extra = {path for path, _, _ in walk(EVERY_EXTRA)}
    assert ours | extra == set(paths(KEYS))


def paths(keys: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, kind in keys.items():
        if isinstance(kind, Mapping):
            yield from paths(kind, (*above, key))
        else:
            yield (*above, key)


def test_extra_is_merged(tmp_path: Path) -> None:
    made = config.litefs_config(
        settings(tmp_path, EXTRA={"lease": {"demote-delay": "5s"}, "strict-verify": True})
    )
    assert made["lease"]["demote-delay"] == "5s"
    assert made["lease"]["consul"]["key"] == "k"
    assert made["strict-verify"] is True


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://10.0.0.1:8500", {"url": "http://10.0.0.1:8500", "key": "k"}),
        ("https://:a%2Fb@c.example/p/", {"url": "https://c.example", "key": "p/k", "token": "a/b"}),
    ],
)
def test_the_proxy_asks_consul_as_litefs_does(tmp_path: Path, url: str, expected: dict[str, str]) -> None:
    made = config.proxy_config(settings(tmp_path, CONSUL_URL=url), litefs="", app=APP, migrate=MIGRATE)
    assert made["litefs"]["consul"] == {**expected, "ttl": "10s"}
    assert "a/b" not in str(config.redacted(made))


@pytest.mark.parametrize(
    ("extra", "named"),
    [({"addr": ":1"}, "addr"), ({"log": {"access": False, "level": "trace"}}, "log.level")],
)
def test_proxy_extra_replaces_nothing(tmp_path: Path, extra: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=rf"must not set {named},"):
        config.proxy_config(settings(tmp_path, PROXY_EXTRA=extra), litefs="", app=APP, migrate=MIGRATE)
    added = settings(tmp_path, PROXY_EXTRA={"log": {"access": False}})
    assert config.proxy_config(added, litefs="", app=APP, migrate=MIGRATE)["log"]["access"] is False


def test_what_the_proxy_would_expand_is_refused(tmp_path: Path) -> None:
    s = settings(tmp_path, SECRET="a${HOME}aaaaaaaaaaaa")
    with pytest.raises(SettingsError, match="write it out"):
        config.proxy_config(s, litefs="", app=APP, migrate=MIGRATE)


def test_a_single_node_knows_no_litefs(tmp_path: Path) -> None:
    made = config.proxy_config(settings(tmp_path, ENABLED=False), litefs="", app=APP, migrate=MIGRATE)
    assert not {"litefs", "secret", "primary-url", "admin-addr"} & set(made)
    assert [step["name"] for step in made["exec"]] == ["migrate", "app"]


def test_what_is_printed_holds_no_secret(tmp_path: Path) -> None:
    s = settings(tmp_path, CONSUL_URL="https://user:pass-word@127.0.2.9:8500", SECRET=["a" * 16, "b" * 16])
    s = replace(s, extra={"backup": {"type": "litefs-cloud", "auth-token": "tok-en"}})
    for content in (config.litefs_config(s), config.proxy_config(s, litefs="", app=APP, migrate=MIGRATE)):
        text = config.as_text(config.redacted(content))
        assert not [secret for secret in ("pass-word", "tok-en", "a" * 16, "b" * 16) if secret in text]
        assert "litefs/" in text or "n0" in text
        assert config.redacted(content) != content
        assert config.redacted(content).keys() == content.keys()
