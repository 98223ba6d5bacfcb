"""The proxies that are compared, each as one process tree on one core in front of the same upstream."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.usage import Usage, used_by
from tools.cluster import processes
from tools.cluster.cluster import ROOT
from tools.cluster.wait import TooLongError, until

NATIVE = ROOT / ".tools" / "bench"
UP_WITHIN_S = 10.0
STOPPED_WITHIN_S = 10.0

# glibc gives the memory of each request back to the kernel and faults it in again, unless told otherwise.
NO_TRIMMING = {"MALLOC_TRIM_THRESHOLD_": "268435456", "MALLOC_TOP_PAD_": "16777216"}


@dataclass
class Front:
    name: str
    address: str
    command: list[str]
    core: int
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)  # that its clients send
    ready: str = "/"  # answers 200 as soon as it can be measured
    _process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "taskset", "-c", str(self.core), *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
            )
        try:
            until(self._answers, f"{self.name} answers", UP_WITHIN_S)
        except TooLongError as error:
            raise TooLongError(f"{error}: {self.log.read_text(errors='replace')[-2000:]}") from None

    def pids(self) -> list[int]:
        assert self._process is not None
        return [self._process.pid, *processes.descendants(self._process.pid)]

    def used(self) -> Usage:
        return used_by(self.pids())

    def forget_log(self) -> None:
        os.truncate(self.log, 0)

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _answers(self) -> bool:
        host, _, port = self.address.rpartition(":")
        with suppress(OSError), socket.create_connection((host, int(port)), timeout=1) as connection:
            request = f"GET {self.ready} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"
            connection.sendall(request.encode())
            return connection.recv(64).startswith(b"HTTP/1.1 200")
        return False


def upstream(address: str, core: int, folder: Path) -> Front:
    return Front("upstream", address, [str(NATIVE / "upstream"), address], core, folder)


def floor(address: str, target: str, core: int, folder: Path) -> Front:
    return Front("floor", address, [str(NATIVE / "floor_relay"), address, target], core, folder)


def nginx(
    name: str, address: str, target: str, core: int, folder: Path, *, log: bool = False, trims: bool = True
) -> Front:
    """As gunicorn's documentation has it, with kept connections to the upstream."""
    home = folder / name
    home.mkdir()
    places = [
        f"{kind}_temp_path {home / kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    ]
    config = f"""
    worker_processes 1; daemon off; pid {home / "pid"}; error_log stderr warn; worker_rlimit_nofile 65536;
    events {{ worker_connections 16384; }}
    http {{
      {" ".join(places)}
      access_log {"/dev/stdout" if log else "off"};
      keepalive_requests 1000000000; keepalive_timeout 3600;
      upstream app {{ server {target}; keepalive 512; keepalive_requests 1000000000; }}
      server {{
        listen {address} backlog=1024; client_max_body_size 1g;
        location / {{
          proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";
          proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto $scheme;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }}
      }}
    }}"""
    (home / "nginx.conf").write_text(config)
    command = ["nginx", "-p", str(home), "-c", str(home / "nginx.conf")]
    return Front(name, address, command, core, folder, {} if trims else NO_TRIMMING)


def haproxy(address: str, target: str, core: int, folder: Path) -> Front:
    config = f"""
global
  nbthread 1
  maxconn 5000
defaults
  mode http
  option forwardfor
  http-reuse always
  timeout connect 5s
  timeout client 3600s
  timeout server 60s
frontend front
  bind {address} backlog 1024
  http-request set-header X-Forwarded-Proto http
  default_backend app
backend app
  server app {target}
"""
    path = folder / "haproxy.cfg"
    path.write_text(config)
    return Front("haproxy", address, ["haproxy", "-db", "-f", str(path)], core, folder)


def litefs_proxy(
    name: str,
    address: str,
    target: str,
    core: int,
    folder: Path,
    program: Path,
    *,
    cluster: Mapping[str, object] | None = None,
    access_log: bool = True,
    headers: Mapping[str, str] | None = None,
) -> Front:
    """`cluster`: the keys that make it a node of one; otherwise role single."""
    config = {
        "addr": address,
        "target": target,
        "threads": 1,
        "log": {"level": "warn", "access": access_log},
        **(cluster or {}),
    }
    path = folder / f"{name}.yml"
    path.write_text(json.dumps(config))
    command = [str(program), "run", "--config", str(path)]
    return Front(name, address, command, core, folder, headers=headers or {})
