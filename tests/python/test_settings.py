"""LITEFS: what it means, and what cannot work, each with one clear error."""

from __future__ import annotations

import dataclasses
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from django_litefs.settings import SETTINGS, Settings, SettingsError, resolve

SERVER = ["manage.py", "litefs_start"]
CONSUL = {"CONSUL_URL": "http://127.0.0.1:8500", "CONSUL_KEY": "k", "ADVERTISE_URL": "http://10.0.0.5:20202"}
STATIC = {"STATIC_PRIMARY": {"hostname": "n0", "url": "http://10.0.0.5:20202"}, "HOSTNAME": "n0"}
SECRET_KEY = "x" * 50


def resolved(
    litefs: Any, environ: dict[str, str] | None = None, argv: list[str] | None = None, **django: Any
) -> Settings:
    values = {"LITEFS": litefs, "DEBUG": False, "SECRET_KEY": SECRET_KEY, "BASE_DIR": Path("/site"), **django}
    return resolve(SimpleNamespace(**values), environ or {}, SERVER if argv is None else argv)


def problems(litefs: Any, environ: dict[str, str] | None = None, **django: Any) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        resolved(litefs, environ, **django)
    return caught.value.problems


BAD_SETTINGS: list[tuple[Any, str]] = [
    ({**CONSUL, **STATIC}, "both lease kinds"),
    ({**CONSUL, "LEASE_URL": "http://elsewhere:8500"}, "LITEFS['LEASE_URL'] are both set"),
    ({**CONSUL, "LEASE_URL": CONSUL["CONSUL_URL"]}, "LITEFS['LEASE_URL'] are both set"),
    ({**CONSUL, "MOUNT_PAHT": "/litefs"}, "Did you mean 'MOUNT_PATH'"),
    ({**CONSUL, "MOUNT_PATH": "/data", "DATA_PATH": "/data/"}, "are both /data"),
    ({**CONSUL, "MOUNT_PATH": "litefs"}, "must be an absolute path"),
    ({**CONSUL, "MOUNT_PATH": 3}, "must be a string, not int"),
    ({**CONSUL, "CONSUL_TTL": "10"}, "'10s'"),
    ({**CONSUL, "READ_WAIT": 1000}, "'10s'"),
    ({**CONSUL, "RETENTION": "ten minutes"}, "RETENTION"),
    ({**CONSUL, "PROXY_ADDR": "8081"}, "'host:port'"),
    ({**CONSUL, "PROXY_TARGET": "127.0.0.1:99999"}, "PROXY_TARGET"),
    ({**CONSUL, "DATABASE_NAME": "a/b.sqlite3"}, "plain file name"),
    ({**CONSUL, "DATABASE_NAME": "db-wal"}, "suffix"),
    ({**CONSUL, "DATABASES": "other.sqlite3"}, "list of strings"),
    ({**CONSUL, "STALE_READS": "yes"}, "True or False"),
    ({**CONSUL, "TARGET_CONNECTIONS": 0}, "above 0"),
    ({**CONSUL, "LOG_LEVEL": "loud"}, "one of debug"),
    ({**CONSUL, "CONSUL_KEY": ""}, "CONSUL_KEY"),
    ({**CONSUL, "ADVERTISE_URL": ""}, "ADVERTISE_URL"),
    ({**CONSUL, "ADVERTISE_URL": "10.0.0.5:20202"}, "no URL"),
    ({**CONSUL, "ADVERTISE_URL": "http://8.8.8.8:20202"}, "public address"),
    ({**CONSUL, "HTTP_ADDR": ":20202"}, "on all interfaces"),
    ({**CONSUL, "HOSTNAME": "n0/../n1"}, "no host name"),
    ({**CONSUL, "SECRET": "short"}, "at least 16"),
    ({**CONSUL, "PRIMARY_URL": "http://n0:8081"}, "{hostname}"),
    ({**CONSUL, "MOUNT_PATH": "/data", "DATA_PATH": "/data/litefs"}, "would hide it"),
    ({**CONSUL, "DATABASES": [f"{n}.sqlite3" for n in range(8)]}, "at most 8"),
    ({**CONSUL, "PROXY_TARGET": "127.0.0.1:8081"}, "PROXY_ADDR's port too"),
    ({**CONSUL, "ADMIN_ADDR": "10.0.0.5:20202"}, "ADMIN_ADDR's port too"),
    ({**CONSUL, "PROXY_TARGET": ":8000"}, "names no host"),
    ({**CONSUL, "TLS_ADDR": ":8443"}, "TLS_CERT"),
    ({**CONSUL, "TLS_ADDR": ":8081", "TLS_CERT": "/c", "TLS_KEY": "/k"}, "PROXY_ADDR's port too"),
    ({**CONSUL, "TLS_CERT": "/c"}, "of no use without LITEFS['TLS_ADDR']"),
    ({**CONSUL, "PEER_TLS_CERT": "/c"}, "PEER_TLS_KEY"),
    ({**CONSUL, "MIGRATE_TIMEOUT": "0s"}, "longer than 0s"),
    ({**CONSUL, "COOKIE_NAME": "a b"}, "no cookie name"),
    ({**CONSUL, "COOKIE_DOMAIN": "a/b"}, "no domain"),
    ({**CONSUL, "COOKIE_SAMESITE": "lax"}, "one of Lax, Strict, None"),
    ({**CONSUL, "PASSTHROUGH": ["static/*"]}, "begin it with '/' or '*'"),
    ({**CONSUL, "PASSTHROUGH": ["/a/*"], "ALWAYS_FORWARD": ["/a/*"]}, "keep it in one"),
    ({**CONSUL, "TRUSTED_PROXIES": ["10.0.0.0/33"]}, "no address or network"),
    ({**CONSUL, "CONSUL_TTL": "5s"}, "10s to 24h"),
    ({**CONSUL, "CONSUL_LOCK_DELAY": "2m"}, "at most 60s"),
    ({**CONSUL, "HOSTNAME": "n0", "PRIMARY_URL": {"n1": "http://n1:8081"}}, "no entry for this node"),
    ({**CONSUL, "HOSTNAME": "n0", "PRIMARY_URL": {"n0": "n0:8081"}}, "front door's URL"),
    ({**CONSUL, "EXTRA": {"data": {"dir": "/x"}}}, "set LITEFS['DATA_PATH']"),
    ({**CONSUL, "EXTRA": {"lease": {"hostname": "n1"}}}, "set LITEFS['HOSTNAME']"),
    ({**CONSUL, "EXTRA": {"log": {"debug": True}}}, "set LITEFS['LOG_LEVEL']"),
    ({**CONSUL, "EXTRA": {"proxy": {"debug": True}}}, "must not set proxy.debug"),
    ({**CONSUL, "EXTRA": {"exec": "gunicorn"}}, "must not set exec"),
    ({**CONSUL, "EXTRA": {"proxy": {"addr": ":1"}}}, "set LITEFS['PROXY_ADDR']"),
    ({**CONSUL, "EXTRA": {"lease": {"demote_delay": "1s"}}}, "Did you mean 'demote-delay'"),
    ({**CONSUL, "EXTRA": {"lease": {"demote-delay": 10}}}, "nanoseconds"),
    ({**CONSUL, "EXTRA": {"lease": {"databases": ["a"]}}}, "CANDIDATE'] = False"),
    ({**CONSUL, "EXTRA": {"fuse": True}}, "must be a dict of"),
    ({"STATIC_PRIMARY": {"hostname": "n0"}, "HOSTNAME": "n0"}, "'hostname' and 'url'"),
    ({"STATIC_PRIMARY": {"hostname": "n0", "url": "n0:20202"}, "HOSTNAME": "n1"}, "no URL"),
    ({**STATIC, "CANDIDATE": False}, "hostname decides who is primary"),
    ({"ENABLED": True}, "no lease is configured"),
    ({}, "no lease is configured"),
    ([], "no lease is configured"),
    (["CONSUL_URL"], "must be a dict"),
]


@pytest.mark.parametrize(("litefs", "named"), BAD_SETTINGS)
def test_what_cannot_work_has_one_clear_error(litefs: Any, named: str) -> None:
    found = problems(litefs)
    assert len(found) == 1, found
    assert named in found[0]
    assert "LITEFS" in found[0]


def test_no_secret_in_a_cluster() -> None:
    assert problems(CONSUL, SECRET_KEY="") == (
        "LITEFS: no secret for requests between nodes: set SECRET_KEY or LITEFS['SECRET'].",
    )


def test_several_problems_are_told_at_once() -> None:
    assert len(problems({"READ_WAIT": "x", "MAX_LAG": "y", "NOTHING": 1})) == 3


@pytest.mark.parametrize(
    ("litefs", "debug", "argv", "cluster"),
    [
        ({"ENABLED": False}, False, SERVER, False),
        ({**CONSUL, "ENABLED": False}, False, SERVER, False),
        ({}, True, SERVER, False),
        (CONSUL, True, SERVER, True),
        (CONSUL, False, SERVER, True),
        (STATIC, False, ["manage.py", "shell"], True),
        (CONSUL, False, ["manage.py", "test"], False),
        (CONSUL, False, ["/venv/bin/pytest", "-x"], False),
        (CONSUL, False, ["/venv/lib/pytest/__main__.py"], False),
        (CONSUL, False, ["pytest_like_server.py"], True),
        (CONSUL, False, [], True),
    ],
)
def test_who_is_a_single_node(litefs: Any, debug: bool, argv: list[str], cluster: bool) -> None:
    assert resolved(litefs, argv=argv, DEBUG=debug).cluster == cluster


def test_a_forgotten_lease_never_makes_a_site_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "clusterid").write_text("LFSC0000000000000000")
    for litefs in ({"DATA_PATH": str(tmp_path)}, {"DATA_PATH": str(tmp_path), "ENABLED": False}):
        (problem,) = problems(litefs, DEBUG=True)
        assert "cluster id" in problem


def test_files_of_a_single_node() -> None:
    assert resolved({}, DEBUG=True).database_folder == "/site"
    assert resolved({"ENABLED": False, "DATA_PATH": "/data"}).database_folder == "/data"
    assert resolved({**CONSUL, "MOUNT_PATH": "/m"}).database_folder == "/m"


def test_derived_values() -> None:
    s = resolved({**CONSUL, "PROXY_ADDR": "10.0.0.5:9000"})
    assert s.hostname == socket.gethostname()
    assert s.http_addr == "10.0.0.5:20202"
    assert s.primary_url == "http://{hostname}:9000"
    assert s.primary_redirect_timeout == "25000ms"
    assert s.candidate is True
    assert len(s.secrets) == 1
    assert SECRET_KEY not in s.secrets[0]
    assert s.secrets[0] not in repr(s)


def test_secrets_rotate_with_the_secret_key() -> None:
    old = resolved(CONSUL).secrets
    new = resolved(CONSUL, SECRET_KEY="y" * 50, SECRET_KEY_FALLBACKS=[SECRET_KEY]).secrets
    assert new[1:] == old


def test_environment_wins_and_is_converted() -> None:
    environ = {
        "LITEFS_CONSUL_URL": "http://consul:8500",
        "LITEFS_STALE_READS": "false",
        "LITEFS_DATABASES": "a.sqlite3, b.sqlite3",
        "LITEFS_TARGET_CONNECTIONS": "7",
        "LITEFS_PRIMARY_URL": '{"n0": "http://127.0.0.1:1"}',
        "LITEFS_HOSTNAME": "n0",
        "LITEFS_SECRET": "s" * 16,
        "LITEFS_SOMETHING_ELSE": "not ours",
    }
    s = resolved(CONSUL, environ)
    assert s.consul_url == "http://consul:8500"
    assert s.stale_reads is False
    assert s.all_databases == ("db.sqlite3", "a.sqlite3", "b.sqlite3")
    assert s.target_connections == 7
    assert s.primary_url == {"n0": "http://127.0.0.1:1"}
    assert s.secrets == ("s" * 16,)
    for wrong in ({"LITEFS_PROMOTE": "maybe"}, {"LITEFS_EXTRA": "{"}, {"LITEFS_TARGET_CONNECTIONS": "many"}):
        (problem,) = problems(CONSUL, wrong)
        assert next(iter(wrong)) in problem


FLY = {
    "FLY_APP_NAME": "notes",
    "FLY_MACHINE_ID": "m1",
    "FLY_REGION": "ams",
    "PRIMARY_REGION": "cdg",
    "FLY_CONSUL_URL": "https://:token@consul.example/",
}


def test_on_fly() -> None:
    environ = FLY
    s = resolved({}, environ)
    assert s.cluster
    assert s.consul_url == environ["FLY_CONSUL_URL"]
    assert s.consul_key == "litefs/notes"
    assert s.advertise_url == "http://m1.vm.notes.internal:20202"
    assert s.http_addr == "fly-local-6pn:20202"
    assert s.candidate is False
    assert s.hostname == "m1"
    assert s.primary_url == "http://{hostname}.vm.notes.internal:8081"
    assert s.trusted_proxies == ("172.16.0.0/12",)
    named = resolved({"HOSTNAME": "m1.vm.notes.internal", "TRUSTED_PROXIES": ["10.0.0.1"]}, environ)
    assert named.primary_url == "http://{hostname}:8081"
    assert named.trusted_proxies == ("10.0.0.1",)
    assert resolved({"CONSUL_URL": "http://own:8500"}, environ).consul_url == "http://own:8500"
    assert not resolved({"ENABLED": False}, environ).cluster


def test_on_fly_somebody_may_become_primary() -> None:
    environ = {key: value for key, value in FLY.items() if key != "PRIMARY_REGION"}
    (problem,) = problems({}, environ)
    assert "primary_region in fly.toml" in problem
    assert resolved({"CANDIDATE": False}, environ).candidate is False


@pytest.mark.parametrize(
    ("litefs", "environ", "named"),
    [
        ({"TRANSPORT": "auto"}, FLY, ""),
        ({"TRANSPORT": "fly-replay"}, FLY, ""),
        ({"TRANSPORT": "fly-replay", "HOSTNAME": "m1.vm.notes.internal"}, FLY, ""),
        ({"TRANSPORT": "auto", "HOSTNAME": "other"}, FLY, "does not name the Fly machine 'm1'"),
        ({**CONSUL, "TRANSPORT": "auto"}, {}, ""),
        ({**CONSUL, "TRANSPORT": "fly-replay"}, {}, "no Fly machine"),
        ({"HOSTNAME": "other"}, FLY, ""),
        ({**CONSUL, "TRANSPORT": "fly"}, {}, "one of direct, auto, fly-replay"),
    ],
)
def test_transport(litefs: Any, environ: dict[str, str], named: str) -> None:
    if named:
        (problem,) = problems(litefs, environ)
        assert named in problem
    else:
        assert resolved(litefs, environ).transport == litefs.get("TRANSPORT", "direct")


def test_an_answer_waits_no_longer_than_a_handoff() -> None:
    (problem,) = problems({**CONSUL, "ACK_TIMEOUT": "2001ms"})
    assert "ACK_TIMEOUT" in problem
    assert resolved({**CONSUL, "ACK_TIMEOUT": "2s"}).ack_timeout == "2s"


def test_static_lease_makes_the_named_node_the_candidate() -> None:
    assert resolved(STATIC).candidate is True
    assert resolved({**STATIC, "HOSTNAME": "n1"}).candidate is False


def test_each_key_is_a_field_with_a_doc_line() -> None:
    derived = {f.name for f in dataclasses.fields(Settings) if "derived" in f.metadata}
    assert {row.key.lower() for row in SETTINGS} | derived == {f.name for f in dataclasses.fields(Settings)}
    assert all(row.doc.endswith(".") for row in SETTINGS)
