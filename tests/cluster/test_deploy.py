"""The commands and environments of deploy/, on real nodes without containers: only names and paths are replaced."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.cluster import Client, Node, processes
from tools.cluster.addresses import free_network
from tools.cluster.cluster import CONSUL_PROGRAM, ROOT, SITE
from tools.cluster.consul import Consul
from tools.cluster.node import TARGET_PORT
from tools.cluster.wait import until

pytestmark = pytest.mark.integration

DEPLOY = ROOT / "deploy"
WITHIN = 60.0
MARK = "deploy"


class Machines:
    """Addresses in the place of names, and what was started on them."""

    def __init__(self, folder: Path) -> None:
        self.mark = f"{MARK}-{os.getpid()}-{folder.name}"
        network = free_network()
        self.addresses = {f"n{number}": f"{network}.{10 + number}" for number in (1, 2, 3)}
        self.consul = Consul(CONSUL_PROGRAM, f"{network}.2", folder / "consul.log", self.mark)
        self.folder = folder
        self.nodes: dict[str, Node] = {}
        self.started: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: list[str], environment: dict[str, str], **more: str) -> Node:
        """`command` of one of the files. Folders and listening addresses are a machine's own there."""
        address = self.addresses[name]
        node = Node(address, address, self.folder / name, SITE, {})
        node.folder.mkdir()
        given = {key: self.replaced(value) for key, value in environment.items()}
        local = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "LITEFS_MOUNT_PATH": str(node.mount),
            "LITEFS_DATA_PATH": str(node.data),
            "LITEFS_PROXY_ADDR": node.front,
            "LITEFS_PROXY_TARGET": f"{address}:{TARGET_PORT}",
            "NOTES_DEBUG": "0",
            "NOTES_SECRET_KEY": "the-same-on-each-node-" * 2,
            processes.MARK: self.mark,
        }
        given.pop("LITEFS_USER", None)  # that user is not on this machine
        words = [sys.executable if word.endswith("python") else self.replaced(word) for word in command]
        self.nodes[name] = node
        with node.log.open("wb") as log:
            self.started[name] = subprocess.Popen(
                words,
                cwd=SITE,
                env={**local, **given, **more},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return node

    def replaced(self, text: str) -> str:
        text = text.replace("/srv/mysite/.venv/bin/", "").replace("mysite", "notes_site")
        text = re.sub(r"\bconsul:8500|10\.0\.0\.2:8500", f"{self.consul.address}:8500", text)
        text = text.replace("10.0.0.5", self.addresses["n3"])
        return re.sub(r"\bn[123]\b", lambda name: self.addresses[name[0]], text)

    def wait_ready(self, *names: str) -> None:
        for name in names:

            def is_ready(name: str = name) -> bool:
                assert self.started[name].poll() is None, self.nodes[name].log_tail()
                return self.nodes[name].answers("/litefs/ready")

            until(is_ready, f"{name} is ready", WITHIN)

    def clean_up(self) -> None:
        processes.kill(processes.marked(self.mark))
        for process in self.started.values():
            process.wait()
        for node in self.nodes.values():
            node.clean_up()
        self.consul.stop()


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    machines = Machines(tmp_path)
    try:
        machines.consul.start()
        yield machines
    finally:
        machines.clean_up()


def image_command() -> list[str]:
    """ENTRYPOINT and CMD of the Dockerfile."""
    text = (DEPLOY / "fly" / "Dockerfile").read_text()
    entry, command = (re.search(rf"^{name} (.*)$", text, re.MULTILINE) for name in ("ENTRYPOINT", "CMD"))
    assert entry
    assert command
    return [*json.loads(entry[1]), *json.loads(command[1])]


def compose_environment(name: str) -> dict[str, str]:
    service: dict[str, Any] = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())["services"][
        name
    ]
    return {**service["environment"], "LITEFS_HOSTNAME": service["hostname"]}  # a container's own host name


def unit() -> tuple[list[str], dict[str, str]]:
    text = (DEPLOY / "systemd" / "mysite.service").read_text()
    lines = (DEPLOY / "systemd" / "mysite.env").read_text().splitlines()
    command = re.search(r"^ExecStart=(.*)$", text, re.MULTILINE)
    assert command
    return shlex.split(command[1]), dict(line.split("=", 1) for line in lines if "=" in line[:40])


def write_note(node: Node) -> int:
    with Client() as client:
        return client.post_json(node.front, "/api/notes/", {"title": "x"}).status


def test_three_machines(machines: Machines) -> None:
    """Two as in compose, one as under systemd; the primary is stopped as Fly and Docker stop it."""
    machines.start("n1", image_command(), compose_environment("n1"))
    machines.wait_ready("n1")
    machines.start("n2", image_command(), compose_environment("n2"))
    service = machines.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(service))
        systemd.settimeout(WITHIN)
        command, environment = unit()
        node = machines.start("n3", command, environment, NOTIFY_SOCKET=str(service))
        assert systemd.recv(64) == b"READY=1"
        assert node.answers("/about/"), "it was not ready"
        machines.wait_ready("n2")
        healthy = ["litefs-proxy", "status", "--addr", machines.nodes["n2"].front]
        assert subprocess.run(healthy, env=node.full_environment(), capture_output=True).returncode == 0
        assert [write_note(node) for node in machines.nodes.values()] == [201] * 3
        assert machines.nodes["n1"].role() == "primary"

        stopped = time.monotonic()
        machines.started["n1"].send_signal(signal.SIGINT)
        assert write_note(machines.nodes["n2"]) == 201
        assert machines.started["n1"].wait(30) == 0
        assert time.monotonic() - stopped < 25
        assert sorted(machines.nodes[name].role() for name in ("n2", "n3")) == ["primary", "replica"]

        machines.started["n3"].terminate()
        assert systemd.recv(64) == b"STOPPING=1"
        assert machines.started["n3"].wait(30) == 0
    assert not machines.nodes["n3"].is_mounted()
    assert write_note(machines.nodes["n2"]) == 201
