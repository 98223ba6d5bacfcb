"""deploy/: files that cannot be run here are at least right in form, and agree with the settings' defaults.

tests/cluster/test_deploy.py runs their commands and environments.
"""

from __future__ import annotations

import importlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from django_litefs import _core
from django_litefs.settings import SETTINGS

CHECK = {"grace_period", "interval", "timeout", "method", "path", "protocol", "headers", "tls_skip_verify"}
# https://fly.io/docs/reference/configuration/ (2026-11), as far as a site may need it. True: any value.
FLY: dict[str, Any] = {
    **dict.fromkeys(("app", "primary_region", "kill_signal", "kill_timeout", "swap_size_mb"), True),
    "build": dict.fromkeys(("dockerfile", "args", "image", "ignorefile", "build-target"), True),
    "env": True,
    "deploy": dict.fromkeys(("strategy", "max_unavailable", "wait_timeout", "release_command"), True),
    "mounts": dict.fromkeys(
        ("source", "destination", "initial_size", "snapshot_retention", "processes"), True
    ),
    "http_service": {
        **dict.fromkeys(("internal_port", "force_https", "auto_stop_machines", "auto_start_machines"), True),
        **dict.fromkeys(("min_machines_running", "processes", "tls_options", "http_options"), True),
        "concurrency": dict.fromkeys(("type", "soft_limit", "hard_limit"), True),
        "checks": dict.fromkeys(CHECK, True),
    },
    "checks": {"*": dict.fromkeys({*CHECK, "type", "port", "processes"}, True)},
    "metrics": dict.fromkeys(("port", "path", "processes"), True),
    "vm": dict.fromkeys(("size", "memory", "cpus", "cpu_kind", "processes"), True),
}
# https://docs.docker.com/reference/compose-file/
COMPOSE_SERVICE = {
    *("build", "image", "command", "restart", "stop_grace_period", "devices", "cap_add", "security_opt"),
    *("depends_on", "healthcheck", "hostname", "environment", "volumes", "ports"),
}
HEALTHCHECK = {"test", "interval", "timeout", "retries", "start_period"}
DEFAULTS = {row.key: row.default for row in SETTINGS}
FRONT_PORT = int(DEFAULTS["PROXY_ADDR"].rpartition(":")[2])


@pytest.fixture(scope="module")
def fly(root: Path) -> dict[str, Any]:
    toml = importlib.import_module("tomllib")  # the tests run on Python 3.11 and newer
    return dict(toml.loads((root / "deploy/fly/fly.toml").read_text()))


@pytest.fixture(scope="module")
def compose(root: Path) -> dict[str, Any]:
    return dict(yaml.safe_load((root / "deploy/compose/compose.yaml").read_text()))


@pytest.fixture(scope="module")
def nodes(compose: dict[str, Any]) -> dict[str, Any]:
    return {name: service for name, service in compose["services"].items() if name != "consul"}


@pytest.fixture(scope="module")
def dockerfile(root: Path) -> list[tuple[str, str]]:
    """Instructions and their arguments, lines joined, comments dropped."""
    text = re.sub(r"^#.*\n", "", (root / "deploy/fly/Dockerfile").read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", "").splitlines()
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in lines if line]


@pytest.fixture(scope="module")
def unit(root: Path) -> dict[str, str]:
    lines = (root / "deploy/systemd/mysite.service").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def seconds(duration: str) -> float:
    return float(_core.parse_duration(duration.replace("min", "m")))


def unknown(given: Any, known: Any, where: str = "") -> Iterator[str]:
    if known is True:
        return
    for item in given if isinstance(given, list) else [given]:
        assert isinstance(item, Mapping), f"{where} must be a table"
        for key, value in item.items():
            below = known.get("*", known.get(key))
            if below is None:
                yield f"{where}{key}"
            else:
                yield from unknown(value, below, f"{where}{key}.")


def litefs_variables(environment: Mapping[str, str]) -> set[str]:
    return {key.removeprefix("LITEFS_") for key in environment if key.startswith("LITEFS_")}


def test_fly_keys(fly: dict[str, Any]) -> None:
    assert list(unknown(fly, FLY)) == []
    assert list(unknown({"http_service": {"checks": [{"port": 1}]}}, FLY)) == ["http_service.checks.port"]
    assert litefs_variables(fly["env"]) <= set(DEFAULTS)


def test_fly_agrees_with_the_settings(fly: dict[str, Any]) -> None:
    service = fly["http_service"]
    assert service["internal_port"] == fly["checks"]["alive"]["port"] == FRONT_PORT
    assert [check["path"] for check in service["checks"]] == ["/litefs/ready"]
    assert fly["checks"]["alive"]["path"] == "/litefs/live"
    assert service["auto_stop_machines"] == "off"
    assert service["min_machines_running"] >= 2
    assert seconds(fly["kill_timeout"]) > seconds(DEFAULTS["STOP_TIMEOUT"])
    assert "release_command" not in fly["deploy"]
    assert [mount["destination"] for mount in fly["mounts"]] == [DEFAULTS["DATA_PATH"]]
    assert fly["env"]["LITEFS_ADMIN_ADDR"] == f":{fly['metrics'][0]['port']}"


def test_compose_keys(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert set(service) <= COMPOSE_SERVICE, name
        assert set(service["healthcheck"]) <= HEALTHCHECK
        assert {volume.partition(":")[0] for volume in service["volumes"]} <= set(compose["volumes"])
        assert set(service.get("depends_on", ())) <= set(compose["services"])
    assert "latest" not in compose["services"]["consul"]["image"]


def test_compose_agrees_with_the_settings(nodes: dict[str, Any]) -> None:
    assert len(nodes) == 3
    for name, service in nodes.items():
        assert litefs_variables(service["environment"]) <= set(DEFAULTS)
        assert service["environment"]["LITEFS_ADVERTISE_URL"] == f"http://{name}:20202"
        assert service["hostname"] == name
        assert service["volumes"] == [f"{name}:{DEFAULTS['DATA_PATH']}"]
        assert (service["devices"], service["cap_add"]) == (["/dev/fuse"], ["SYS_ADMIN"])
        assert seconds(service["stop_grace_period"]) > seconds(DEFAULTS["STOP_TIMEOUT"])
    doors = [service["ports"][0].split(":") for service in nodes.values()]
    assert {inside for _, inside in doors} == {str(FRONT_PORT)}
    assert len({outside for outside, _ in doors}) == 3


def test_dockerfile(dockerfile: list[tuple[str, str]]) -> None:
    """What hadolint would say; it said nothing when this was written."""
    by_name: dict[str, list[str]] = {}
    for name, arguments in dockerfile:
        by_name.setdefault(name, []).append(arguments)
    assert set(by_name) <= {"FROM", "WORKDIR", "RUN", "COPY", "ENV", "EXPOSE", "ENTRYPOINT", "CMD"}, (
        "ADD, MAINTAINER"
    )
    for image in by_name["FROM"]:
        assert re.fullmatch(r"[\w/]+:\d[\w.-]*( AS \w+)?", image), f"{image}: a version, and not latest"
    assert all(folder.startswith("/") for folder in by_name["WORKDIR"])
    assert all(isinstance(json.loads(by_name[name][0]), list) for name in ("ENTRYPOINT", "CMD")), "exec form"
    assert by_name["EXPOSE"] == [str(FRONT_PORT)]
    (user,) = re.findall(r"LITEFS_USER=(\w+)", by_name["ENV"][0])
    assert any(re.search(rf"useradd .*\b{user}$", command) for command in by_name["RUN"])
    assert "USER" in DEFAULTS
    for command in by_name["RUN"]:
        if "apt-get install" in command:
            assert "apt-get update" in command
            assert "--no-install-recommends" in command
            assert "rm -rf /var/lib/apt/lists/*" in command
        if "pip install" in command:
            assert "--no-cache-dir" in command
        assert not re.search(r"\b(sudo|cd|curl|wget)\b", command)


def test_the_unit(unit: dict[str, str]) -> None:
    assert (unit["Type"], unit["NotifyAccess"], unit["KillMode"]) == ("notify", "main", "mixed")
    assert seconds(unit["TimeoutStartSec"]) > seconds(DEFAULTS["MIGRATE_TIMEOUT"])
    assert seconds(unit["TimeoutStopSec"]) > seconds(DEFAULTS["STOP_TIMEOUT"])
    assert f"/var/lib/{unit['StateDirectory']}" == DEFAULTS["DATA_PATH"]
    assert unit["ExecStopPost"].endswith(DEFAULTS["MOUNT_PATH"])
    for hides_the_mount in ("PrivateTmp", "PrivateMounts", "ProtectSystem", "ProtectHome", "ReadWritePaths"):
        assert hides_the_mount not in unit


def test_systemd_takes_the_unit(root: Path, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not on this machine")
    text = (root / "deploy/systemd/mysite.service").read_text()
    file = tmp_path / "mysite.service"
    file.write_text(text.replace("/srv/mysite/.venv/bin/python", sys.executable))
    done = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_environment_of_the_unit(root: Path) -> None:
    lines = (root / "deploy/systemd/mysite.env").read_text().splitlines()
    environment = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert litefs_variables(environment) <= set(DEFAULTS)


@pytest.mark.parametrize("folder", ["fly", "compose", "systemd"])
def test_the_readmes(root: Path, folder: str) -> None:
    """Each says what was not tried, and names commands that exist."""
    text = (root / "deploy" / folder / "README.md").read_text()
    assert re.search(r"not run (on Fly|in Docker|under systemd)", text)
    commands = set(re.findall(r"manage\.py (\w+)", text))
    assert commands
    assert commands <= set(get_commands())
