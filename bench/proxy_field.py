"""All fronts up before one upstream: the proxies under test on one core, upstream and generator on the other."""

from __future__ import annotations

import json
import secrets
import sqlite3
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from bench import fronts
from bench.fronts import Front
from bench.litefs_pair import DATABASE, LITEFS, LitefsNode, LitefsPair
from django_litefs import _core
from tools.cluster.addresses import free_network

CORE, GENERATOR = 0, 1
TARGET_PORT, FRONT_PORT = 8000, 8081

OURS, QUIET = "litefs-proxy", "litefs-proxy-nolog"
PRIMARY, REPLICA = "litefs-proxy-primary", "litefs-proxy-replica"
NGINX, NGINX_M, NGINX_LOG, HAPROXY, FLOOR = "nginx", "nginx-m", "nginx-log", "haproxy", "floor"
LITEFS_OWN = "litefs"

COMPARED = (NGINX, NGINX_M, HAPROXY, FLOOR, OURS, QUIET)
AT = 32  # connections, where the others are measured too
BESIDE = {"get": (NGINX_LOG, LITEFS_OWN, PRIMARY, REPLICA), "post": (LITEFS_OWN,)}


class Field:
    """As a context manager. Without LiteFS (no FUSE) there are no nodes of a cluster and no proxy of its own."""

    def __init__(self, folder: Path, program: Path, *, litefs: bool = True) -> None:
        self.fronts: dict[str, Front] = {}
        self.folder = folder
        self.program = program
        self._litefs = litefs
        self._network = free_network()
        self._left = 0
        self._open = ExitStack()

    def __enter__(self) -> Field:
        try:
            self.target = self._start(
                fronts.upstream(self.address(TARGET_PORT), GENERATOR, self.folder)
            ).address
            self._start_compared()
            if self._litefs:
                self._start_cluster()
                self._start_litefs_own()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def address(self, port: int = FRONT_PORT) -> str:
        """A new one of the field's network."""
        self._left += 1
        return f"{self._network}.{20 + self._left}:{port}"

    def in_turn(self, number: int, case: str, connections: int) -> list[Front]:
        """Those to measure in that round, each time another one first."""
        names = [name for name in COMPARED if name != FLOOR or case != "close"]  # it would connect for each
        if connections == AT:
            names += [name for name in BESIDE.get(case, ()) if name in self.fronts]
        first = number % len(names)
        return [self.fronts[name] for name in names[first:] + names[:first]]

    def fresh(self, name: str) -> Front:
        """One like it, not started."""
        address = self.address()
        if name == HAPROXY:
            return fronts.haproxy(address, self.target, CORE, self.folder)
        if name == NGINX:
            return fronts.nginx("nginx-fresh", address, self.target, CORE, self.folder)
        return fronts.litefs_proxy(
            "litefs-proxy-fresh", address, self.target, CORE, self.folder, self.program
        )

    # Private

    def _start(self, front: Front) -> Front:
        self._open.callback(front.stop)
        front.start()
        return front

    def _add(self, front: Front) -> None:
        self.fronts[front.name] = self._start(front)

    def _start_compared(self) -> None:
        to, core, folder = self.target, CORE, self.folder
        self._add(fronts.nginx(NGINX, self.address(), to, core, folder))
        self._add(fronts.nginx(NGINX_M, self.address(), to, core, folder, trims=False))
        self._add(fronts.nginx(NGINX_LOG, self.address(), to, core, folder, log=True))
        self._add(fronts.haproxy(self.address(), to, core, folder))
        self._add(fronts.floor(self.address(), to, core, folder))
        self._add(fronts.litefs_proxy(OURS, self.address(), to, core, folder, self.program))
        self._add(
            fronts.litefs_proxy(QUIET, self.address(), to, core, folder, self.program, access_log=False)
        )

    def _start_cluster(self) -> None:
        """A primary and its replica, whose clients carry the newest position."""
        pair = self._open.enter_context(LitefsPair(pages=False))
        with sqlite3.connect(pair.primary.database) as database:
            database.execute("CREATE TABLE t (x)")
        database.close()
        pair.wait_arrived()
        newest = _core.Position.parse(pair.primary.position().strip())
        position = _core.format_demands([(_core.database_id(DATABASE), newest)])
        secret = secrets.token_urlsafe(32)
        places = {PRIMARY: (pair.primary, self.address()), REPLICA: (pair.replica, self.address())}
        urls = {node.name: f"http://{address}" for node, address in places.values()}
        for name, (node, address) in places.items():
            role = "primary" if name == PRIMARY else "replica"
            front = fronts.litefs_proxy(
                name,
                address,
                self.target,
                CORE,
                self.folder,
                self.program,
                cluster={
                    "databases": [DATABASE],
                    "litefs": {
                        "url": f"http://{node.address}",
                        "mount": str(node.mount),
                        "hostname": node.name,
                    },
                    "primary-url": urls,
                    "secret": [secret],
                    "socket": str(node.folder / "proxy.sock"),
                },
                headers={"Cookie": f"litefs-position={position}"},
            )
            front.ready = f"/litefs/health?role={role}"
            self._add(front)

    def _start_litefs_own(self) -> None:
        home = self.folder / "litefs"
        address = self.address()
        http = self.address(20202)
        node = LitefsNode("own", home, http, http)
        home.mkdir()
        config = {
            **node.config(),
            "proxy": {"addr": address, "target": self.target, "db": DATABASE},
        }
        (home / "litefs.yml").write_text(json.dumps(config))
        command = [str(LITEFS), "mount", "-config", str(home / "litefs.yml"), "-no-expand-env"]
        self._open.callback(node.stop)
        self._add(Front(LITEFS_OWN, address, command, CORE, self.folder))
