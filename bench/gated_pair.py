"""The pair of LiteFS nodes with a litefs-proxy each, linked: positions are pushed and the read gate works.

LiteFS is not the proxies' child here, so that one of them can be killed under running readers.
"""

from __future__ import annotations

import json
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

from bench import worker
from bench.arrivals import Arrivals
from bench.comparison import OURS, on_litefs, run
from bench.litefs_pair import DATABASE, LitefsNode, LitefsPair
from bench.replica_reads import Reads
from bench.samples import Summary
from django_litefs import _core
from tools.cluster.wait import until

PROXY = Path(sys.executable).parent / "litefs-proxy"
FRONT_PORT = 8081
PROCESSES = 4
WRITE_PAUSE_S = 0.02  # 50 writes a second
UP_WITHIN_S = 20.0
ARRIVED_WITHIN_S = 60.0
STARTED_S = 1.5  # for the readers' interpreters


class GatedPair:
    """As a context manager; `use()` says whether the replica's gate works."""

    def __init__(self) -> None:
        self.pair = LitefsPair()
        self._secret = secrets.token_urlsafe(32)
        self._proxies: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> GatedPair:
        self.pair.__enter__()
        try:
            self._start(self.pair.primary, read_gate=True)
            self.use(read_gate=True)
            run(on_litefs(OURS, self.pair.primary), "scenes.prepare")
            self.pair.wait_arrived()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in tuple(self._proxies):
            self._stop(name)
        self.pair.__exit__(kind, error, trace)
        page = Path(_core.default_page_path(str(self.pair.replica.mount)))  # a killed proxy leaves it
        page.unlink(missing_ok=True)
        shutil.rmtree(f"{page}.reads", ignore_errors=True)

    def use(self, *, read_gate: bool) -> None:
        """The replica's litefs-proxy with the gate, or without."""
        self._stop(self.pair.replica.name)
        self._start(self.pair.replica, read_gate=read_gate)
        until(self._follows, "the replica's litefs-proxy follows the primary", UP_WITHIN_S)

    def kill_proxy(self) -> None:
        """The replica's, without a chance to say anything."""
        process = self._proxies.pop(self.pair.replica.name)
        process.kill()
        process.wait()

    def gate(self) -> dict[str, Any]:
        """What the replica's litefs-proxy says of its gate."""
        found: dict[str, Any] = self._status()["read_gate"]
        return found

    def arrivals_under(self, work: str, seconds: float, **arguments: float) -> tuple[Summary, list[Reads]]:
        """Writes on the primary while so many processes read on the replica: their arrivals, and what was read."""
        reading = self.start_readers(work, seconds + STARTED_S, **arguments)
        time.sleep(STARTED_S)
        with Arrivals(self.pair.primary.address, self.pair.replica.address) as arrivals:
            order = {
                "function": "scenes.write_until_told",
                "arguments": {"hold": 0.0, "pause": WRITE_PAUSE_S},
            }
            writing = worker.start(self.on_primary(order))
            reads = [worker.finish(process) for process in reading]
            worker.finish(writing)
            arrivals.wait_all(ARRIVED_WITHIN_S)
            return arrivals.summary(), reads

    def on_primary(self, order: dict[str, Any]) -> dict[str, Any]:
        return {**on_litefs(OURS, self.pair.primary), **order}

    def start_readers(self, work: str, seconds: float, **arguments: float) -> list[subprocess.Popen[str]]:
        order = {"function": f"replica_reads.{work}", "arguments": {"seconds": seconds, **arguments}}
        return [worker.start({**on_litefs(OURS, self.pair.replica), **order}) for _ in range(PROCESSES)]

    # Private

    def _socket(self, node: LitefsNode) -> Path:
        return node.folder / "proxy.sock"

    def _start(self, node: LitefsNode, *, read_gate: bool) -> None:
        nodes = (self.pair.primary, self.pair.replica)
        fronts = {n.name: f"http://{n.address.rpartition(':')[0]}:{FRONT_PORT}" for n in nodes}
        config = {
            "addr": fronts[node.name].removeprefix("http://"),
            "target": f"{node.address.rpartition(':')[0]}:1",  # nobody asks the app
            "databases": [DATABASE],
            "litefs": {"url": f"http://{node.address}", "mount": str(node.mount), "hostname": node.name},
            "primary-url": fronts,
            "secret": [self._secret],
            "socket": str(self._socket(node)),
            "read-gate": read_gate,
            "log": {"level": "warn", "access": False},
        }
        path = node.folder / "litefs-proxy.yml"
        path.write_text(yaml.safe_dump(config))
        with (node.folder / "proxy.log").open("ab") as log:
            command: list[str | Path] = ["setpriv", "--pdeathsig", "TERM", PROXY, "run", "--config", path]
            self._proxies[node.name] = subprocess.Popen(command, stdout=log, stderr=log)

    def _stop(self, name: str) -> None:
        process = self._proxies.pop(name, None)
        if process is not None:
            process.send_signal(signal.SIGTERM)
            process.wait(UP_WITHIN_S)

    def _status(self) -> dict[str, Any]:
        """Empty while it does not answer."""
        command: list[str | Path] = [PROXY, "status", "--json", "--socket", self._socket(self.pair.replica)]
        printed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        return dict(json.loads(printed)) if printed.strip() else {}

    def _follows(self) -> bool:
        return self._status().get("role") == "replica"
