"""One real LiteFS with a static lease, on a loopback address of its own."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
LITEFS = ROOT / ".tools" / "bin" / "litefs"
START_LIMIT_S = 20.0
STOP_LIMIT_S = 10.0
PAUSE_S = 0.02


def available() -> bool:
    return (
        LITEFS.exists()
        and os.geteuid() == 0
        and Path("/dev/fuse").exists()
        and bool(shutil.which("fusermount3"))
    )


def free_port(host: str) -> int:
    with socket.socket() as found:
        found.bind((host, 0))
        return int(found.getsockname()[1])


def _is_writable(mount: Path) -> bool:
    return stat.S_IMODE(mount.stat().st_mode) & 0o222 == 0o222


def until(condition: Callable[[], object], what: str, within: float = 20.0) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {within:g} s"
        time.sleep(PAUSE_S)


class LitefsNode:
    """Started, killed and stopped by its own process id. The primary, or a replica of `primary`."""

    def __init__(self, folder: Path, primary: LitefsNode | None = None) -> None:
        folder.mkdir(exist_ok=True)
        self.mount, self.data = folder / "mount", folder / "data"
        self.host = "127.0.2.1"
        self.primary = primary or self
        self.port = free_port(self.host)
        self.config = folder / "litefs.yml"
        self.log = folder / "litefs.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.mount.mkdir()
        self.data.mkdir()
        lease = {
            "type": "static",
            "hostname": "n0",
            "candidate": self.primary is self,
            "advertise-url": f"http://{self.primary.address}",
        }
        self.config.write_text(
            yaml.safe_dump(
                {
                    "fuse": {"dir": str(self.mount)},
                    "data": {"dir": str(self.data)},
                    "http": {"addr": self.address},
                    "lease": lease,
                }
            )
        )

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    def litefs_settings(self) -> dict[str, object]:
        return {
            "MOUNT_PATH": str(self.mount),
            "DATA_PATH": str(self.data),
            "HOSTNAME": "n0",
            "HTTP_ADDR": self.address,
            "STATIC_PRIMARY": {"hostname": "n0", "url": f"http://{self.primary.address}"},
        }

    def environment(self) -> dict[str, str]:
        """The same for another process."""
        return {
            f"LITEFS_{key}": value if isinstance(value, str) else json.dumps(value)
            for key, value in self.litefs_settings().items()
        }

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [LITEFS, "mount", "-config", self.config, "-no-expand-env"], stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_LIMIT_S
        while not self._is_ready():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(PAUSE_S)

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(STOP_LIMIT_S)

    def unmount(self) -> None:
        subprocess.run(["fusermount3", "-uz", self.mount], check=False, capture_output=True)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_LIMIT_S)
            if self.process.poll() is None:
                self.kill()
        self.unmount()

    def position(self, database: str = "db.sqlite3") -> str:
        return (self.mount / f"{database}-pos").read_text().strip()

    def has_caught_up(self, database: str = "db.sqlite3") -> bool:
        try:
            return self.position(database) == self.primary.position(database)
        except FileNotFoundError:
            return False

    def _is_ready(self) -> bool:
        """LiteFS is asked before the mount, whose attributes the kernel remembers."""
        if self.primary is self:
            is_ready = b'"isPrimary":true' in self._info()
            return is_ready and os.path.ismount(self.mount) and _is_writable(self.mount)
        is_ready = b'"hostname":"n0"' in self._info()
        return is_ready and os.path.ismount(self.mount) and (self.mount / ".primary").exists()

    def _info(self) -> bytes:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=1)
        try:
            connection.request("GET", "/info")
            return connection.getresponse().read().replace(b" ", b"")
        except OSError:
            return b""
        finally:
            connection.close()
