"""A cluster: Consul and nodes, as a context manager that leaves nothing behind, however its block ends."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from . import processes
from .addresses import free_network
from .consul import Consul
from .front import certificate
from .node import FRONT_PORT, Node
from .wait import until

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "examples" / "notes"
CONSUL_PROGRAM = ROOT / ".tools" / "bin" / "consul"

SETTLED_WITHIN = 60.0
HANDOFF_WITHIN = 15.0


class Cluster:
    def __init__(
        self,
        size: int = 3,
        *,
        network: str | None = None,
        servers: Sequence[tuple[str, ...]] = (),
        environment: dict[str, str] | None = None,
        site: Path = SITE,
        python: str = sys.executable,
        secure_consul: bool = False,
    ) -> None:
        self.mark = secrets.token_hex(8)
        self.lease_key = f"litefs/{self.mark}"
        self.folder = Path(tempfile.mkdtemp(prefix="litefs-cluster-"))
        network = network or free_network()
        tls = self._consul_certificate(f"{network}.2") if secure_consul else None
        self.consul = Consul(CONSUL_PROGRAM, f"{network}.2", self.folder / "consul.log", self.mark, tls)
        addresses = {f"n{number}": f"{network}.{10 + number}" for number in range(size)}
        fronts = {name: f"http://{address}:{FRONT_PORT}" for name, address in addresses.items()}
        shared = {
            "NOTES_DEBUG": "0",
            "NOTES_SECRET_KEY": secrets.token_urlsafe(40),
            "LITEFS_PRIMARY_URL": json.dumps(fronts),
            "LITEFS_CONSUL_URL": self.consul.secure_url if secure_consul else self.consul.url,
            **({"SSL_CERT_FILE": str(self.folder / "ca.pem")} if secure_consul else {}),
            "LITEFS_CONSUL_KEY": self.lease_key,
            processes.MARK: self.mark,
            **(environment or {}),
        }
        self.nodes = [
            Node(name, address, self.folder / name, site, dict(shared), python=python)
            for name, address in addresses.items()
        ]
        for node, server in zip(self.nodes, servers, strict=False):
            node.server = server

    def _consul_certificate(self, address: str) -> tuple[Path, Path]:
        certificate(self.folder, "ca")
        return certificate(self.folder, "consul", "ca", f"IP:{address}")

    def __enter__(self) -> Cluster:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """The first node alone, so that it is the primary; then the others together."""
        self.consul.start()
        first, *others = self.nodes
        first.start()
        first.wait_ready()
        for node in others:
            node.start()
        for node in others:
            node.wait_ready()
        self.wait_settled()

    @property
    def primary(self) -> Node:
        """The one node that calls itself primary; waits, bounded, while there is none or more than one."""

        def only() -> list[Node]:
            found = [node for node in self.nodes if node.role() == "primary"]
            return found if len(found) == 1 else []

        return until(only, "exactly one node is primary", SETTLED_WITHIN)[0]

    @property
    def replicas(self) -> list[Node]:
        primary = self.primary
        return [node for node in self.nodes if node is not primary]

    def wait_settled(self, within: float = SETTLED_WITHIN) -> None:
        """One primary, all others its replicas, every one ready, all at the same position."""

        def settled() -> bool:
            if not all(node.is_ready() for node in self.nodes):
                return False
            facts = [node.health() for node in self.nodes]
            roles = sorted(str(fact.get("role")) for fact in facts)
            if roles != ["primary"] + ["replica"] * (len(roles) - 1):
                return False
            return all(fact.get("positions") == facts[0].get("positions") for fact in facts)

        until(settled, "the cluster is settled", within)

    def hand_off(self, target: Node) -> float:
        """Makes `target` the primary; how long writes were held for it, in milliseconds."""
        program = Path(sys.executable).parent / "litefs-proxy"
        command: list[str | Path] = [program, "promote", "--socket", target.data / "proxy.sock"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=HANDOFF_WITHIN)
        if done.returncode:
            raise RuntimeError(f"handoff to {target.name} refused: {done.stderr or done.stdout}")
        held = re.search(r"([\d.]+) ?ms", done.stdout)
        assert held, done.stdout
        return float(held[1])

    def stop(self) -> list[int]:
        """Stops all nodes as an init system does; their exit codes."""
        return [node.stop() for node in self.nodes]

    def leftovers(self) -> list[str]:
        """What is still there of the nodes after they stopped, in words."""
        consul = f"-client={self.consul.address}"
        running = [p for p in processes.marked(self.mark) if consul not in processes.command(p)]
        return [
            *(f"process {pid}: {' '.join(processes.command(pid))}" for pid in running),
            *(f"mount {node.mount}" for node in self.nodes if node.is_mounted()),
            *(f"shared memory {path}" for node in self.nodes for path in node.shared() if path.exists()),
        ]

    def close(self) -> None:
        """Ends everything without ceremony. A second Ctrl-C does not interrupt it."""
        previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            for node in self.nodes:
                node.clean_up()
            self.consul.stop()
            strays = processes.marked(self.mark)
            processes.kill(strays)
            processes.wait_gone(strays)
            shutil.rmtree(self.folder, ignore_errors=True)
        finally:
            signal.signal(signal.SIGINT, previous)
