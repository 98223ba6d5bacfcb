"""A litefs-proxy without LiteFS, in front of an app server: both as processes of their own, in one folder."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from . import processes
from .wait import until

STARTED_WITHIN = 30.0
STOPPED_WITHIN = 30.0
ENDS_WITH_US = ("setpriv", "--pdeathsig", "KILL")


def free_port() -> int:
    """A port of the loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Front:
    """`config` is written as it is; `restart()` and the others act on the process of the moment."""

    folder: Path
    config: dict[str, Any]
    environment: Mapping[str, str] = field(default_factory=dict)
    inherited: Sequence[socket.socket] = ()  # listening sockets, as systemd would pass them
    pid: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def file(self) -> Path:
        return self.folder / "litefs-proxy.yml"

    @property
    def log(self) -> str:
        return (self.folder / "proxy.log").read_text()

    def write(self, **changed: Any) -> None:
        self.config |= changed
        self.file.write_text(yaml.safe_dump(self.config))

    def start(self) -> None:
        self.write()
        program = Path(sysconfig.get_path("scripts"), "litefs-proxy")
        command = [*ENDS_WITH_US, str(program), "run", "--config", str(self.file)]
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        variables = {**os.environ, "PATH": path, **self.environment}
        with (self.folder / "proxy.log").open("ab") as log:
            if self.inherited:
                command = [sys.executable, "-c", PASS_SOCKETS, *map(str, self._descriptors()), "--", *command]
            self._process = subprocess.Popen(
                command, env=variables, stdout=log, stderr=log, pass_fds=self._descriptors()
            )
        self.pid = self._process.pid

    def _descriptors(self) -> list[int]:
        return [listener.fileno() for listener in self.inherited]

    def wait_listening(self) -> None:
        port = int(self.config["addr"].rpartition(":")[2])
        until(lambda: self.ended() or answers(port), f"the proxy listens at {port}", STARTED_WITHIN)

    def wait_log(self, text: str, times: int = 1, within: float = STARTED_WITHIN) -> None:
        until(lambda: self.log.count(text) >= times, f"{text!r} in the log\n{self.log[-3000:]}", within)

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def ended(self) -> bool:
        if self._process is not None and self._process.pid == self.pid:
            return self._process.poll() is not None
        return not Path(f"/proc/{self.pid}").exists()

    @contextmanager
    def running(self) -> Iterator[Front]:
        """Listening inside the block, stopped after it, and killed if that goes wrong."""
        self.start()
        try:
            self.wait_listening()
            yield self
            self.stop()
        finally:
            self.kill()

    def stop(self) -> None:
        if self.pid and not self.ended():
            self.signal(signal.SIGTERM)
            until(self.ended, "the proxy ends", STOPPED_WITHIN)

    def kill(self) -> None:
        if self._process is not None:
            processes.kill([self._process.pid, *processes.descendants(self._process.pid)], signal.SIGKILL)
            self._process.wait()
        if self.pid and not self.ended():
            os.kill(self.pid, signal.SIGKILL)


# Becomes the command behind "--", with the named descriptors at 3, 4, … as systemd passes them.
PASS_SOCKETS = """
import fcntl, os, sys
split = sys.argv.index("--")
out_of_the_way = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 100) for fd in sys.argv[1:split]]
for place, fd in enumerate(out_of_the_way, 3):
    os.dup2(fd, place)
    os.close(fd)
os.environ.update(LISTEN_FDS=str(len(out_of_the_way)), LISTEN_PID=str(os.getpid()))
os.execvp(sys.argv[split + 1], sys.argv[split + 1:])
"""


def certificate(
    folder: Path, name: str, by: str = "", names: str = "IP:127.0.0.1,DNS:localhost"
) -> tuple[Path, Path]:
    """A new certificate and its key, signed by `by` (made before) or by itself."""
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", str(key), "-out", str(cert), "-days", "2", "-subj", f"/CN={name}"]
    if by:
        command += ["-CA", str(folder / f"{by}.pem"), "-CAkey", str(folder / f"{by}.key")]
        command += ["-addext", f"subjectAltName={names}", "-addext", "basicConstraints=CA:FALSE"]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


def believes(ca: Path) -> ssl.SSLContext:
    """A client that believes that authority alone."""
    return ssl.create_default_context(cafile=str(ca))
