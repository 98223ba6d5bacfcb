"""Three real nodes of a site on one Linux machine, to try a failover: what `manage.py litefs_devcluster` runs.

Consul, and for each node LiteFS, litefs-proxy and an app server, on ports of 127.0.0.1. They are processes of their
own, found again by `cluster.json` in the cluster's folder, so that a later command can look at them, stop one, or end
them all. Each cluster starts empty and leaves nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django_litefs.members import HOST, PAUSE_S, DevClusterError, Member, free_port, free_ports

CONSUL_PORT = 8500
STATE_FILE = "cluster.json"
READY_WITHIN_S = 60.0
LOG_TAIL = 15
NO_CONSUL = (
    "consul is not on PATH: download it from https://developer.hashicorp.com/consul/install (one file), or install "
    "your distribution's package."
)


class DevCluster:
    """Not thread-safe. `manage`: the site's command line, e.g. ['python', '/site/manage.py']."""

    def __init__(self, folder: str, manage: Sequence[str]) -> None:
        self.folder = folder
        self._manage = manage
        self._state = os.path.join(folder, STATE_FILE)
        self.consul = Member("consul", {})
        self.nodes: list[Member] = []
        self._command: list[str] = []
        if os.path.exists(self._state):
            self._load()

    @property
    def running(self) -> bool:
        return any(member.alive for member in (self.consul, *self.nodes))

    def up(self, size: int, command: Sequence[str], say: Callable[[str], object]) -> None:
        """Returns when every node is ready. Whatever stops it ends what was started."""
        if self.running:
            raise DevClusterError("It runs already: litefs_devcluster status, or down.")
        consul = shutil.which("consul")
        if consul is None:
            raise DevClusterError(NO_CONSUL)
        self.down()  # what a killed one left
        os.makedirs(self.folder)
        self._command = list(command)
        self.nodes = [Member(f"n{n + 1}", ports) for n, ports in enumerate(free_ports(size))]
        self.consul = Member("consul", {"http": free_port(CONSUL_PORT)})
        try:
            self._start_consul(consul)
            for node in self.nodes:  # the first one alone, so that it is the primary
                say(f"{node.name} starts")
                self.start(node)
        except BaseException:
            self.down(keep_logs=True)
            raise

    def node(self, name: str) -> Member:
        for node in self.nodes:
            if node.name == name:
                return node
        known = ", ".join(node.name for node in self.nodes) or "none: litefs_devcluster up"
        raise DevClusterError(f"There is no node {name!r} ({known}).")

    def start(self, node: Member) -> None:
        if node.alive:
            raise DevClusterError(f"{node.name} runs already.")
        command = [*self._manage, "litefs_start", *(["--", *self._command] if self._command else [])]
        self._spawn(node, command, self._environment(node))
        self._wait(lambda: node.get("front", "/litefs/ready")[0] == 200, node, "to be ready")

    def down(self, *, keep_logs: bool = False) -> None:
        replicas_first = sorted(self.nodes, key=lambda node: _health(node).get("role") == "primary")
        for node in (*replicas_first, self.consul):
            node.stop()
        for node in self.nodes:
            mount = os.path.join(self.folder, node.name, "mount")
            subprocess.run(["fusermount3", "-uqz", mount], capture_output=True, check=False)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._state)
        if not keep_logs:
            shutil.rmtree(self.folder, ignore_errors=True)

    def status(self) -> list[dict[str, Any]]:
        return [
            {"name": node.name, "url": node.url, "pid": node.pid if node.alive else None, **_health(node)}
            for node in self.nodes
        ]

    def _start_consul(self, program: str) -> None:
        port = self.consul.ports["http"]
        server = free_port(port + 1)
        taken = ",".join(f"{name}=-1" for name in ("dns", "grpc", "serf_wan"))
        ports = f"ports {{ http = {port}, {taken}, server = {server}, serf_lan = {free_port(server + 1)} }}"
        self._spawn(
            self.consul, [program, "agent", "-dev", f"-bind={HOST}", f"-client={HOST}", "-hcl", ports], {}
        )
        self._wait(
            lambda: len(self.consul.get("http", "/v1/status/leader")[1]) > 2, self.consul, "to have a leader"
        )

    def _environment(self, node: Member) -> dict[str, str]:
        """What makes a node of the site's own settings, whatever lease they name."""
        folder = os.path.join(self.folder, node.name)
        return {
            "LITEFS_ENABLED": "true",
            "LITEFS_LEASE_URL": "",
            "LITEFS_STATIC_PRIMARY": "{}",
            "LITEFS_CONSUL_URL": f"http://{HOST}:{self.consul.ports['http']}",
            "LITEFS_CONSUL_KEY": "litefs/devcluster",
            "LITEFS_HOSTNAME": node.name,
            "LITEFS_PRIMARY_URL": json.dumps({other.name: other.url.rstrip("/") for other in self.nodes}),
            "LITEFS_ADVERTISE_URL": f"http://{HOST}:{node.ports['litefs']}",
            "LITEFS_HTTP_ADDR": f"{HOST}:{node.ports['litefs']}",
            "LITEFS_PROXY_ADDR": f"{HOST}:{node.ports['front']}",
            "LITEFS_PROXY_TARGET": f"{HOST}:{node.ports['target']}",
            "LITEFS_ADMIN_ADDR": f"{HOST}:{node.ports['admin']}",
            "LITEFS_MOUNT_PATH": os.path.join(folder, "mount"),
            "LITEFS_DATA_PATH": os.path.join(folder, "data"),
        }

    def log(self, member: Member) -> str:
        return os.path.join(self.folder, f"{member.name}.log")

    def _spawn(self, member: Member, command: Sequence[str], environment: Mapping[str, str]) -> None:
        member.spawn(command, environment, self.log(member))
        self._save()

    def _wait(self, condition: Callable[[], bool], member: Member, what: str) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while not condition():
            if not member.alive or time.monotonic() > deadline:
                with open(self.log(member), encoding="utf-8", errors="replace") as file:
                    tail = "".join(file.readlines()[-LOG_TAIL:])
                why = f"not within {READY_WITHIN_S:g} s" if member.alive else "it ended"
                raise DevClusterError(
                    f"Waited for {member.name} {what}: {why}. Its log ({self.log(member)}) ends:\n{tail}"
                )
            time.sleep(PAUSE_S)

    def _save(self) -> None:
        state = {"consul": asdict(self.consul), "nodes": [*map(asdict, self.nodes)], "command": self._command}
        with open(self._state, "w", encoding="utf-8") as file:
            json.dump(state, file)

    def _load(self) -> None:
        with open(self._state, encoding="utf-8") as file:
            state = json.load(file)
        self.consul = Member(**state["consul"])
        self.nodes = [Member(**node) for node in state["nodes"]]
        self._command = state["command"]


def _health(node: Member) -> dict[str, Any]:
    body = node.get("front", "/litefs/health")[1]
    facts = json.loads(body) if body.startswith(b"{") else {}
    return {key: facts.get(key) for key in ("role", "primary", "positions")} if facts else {}
