"""Two nodes of LiteFS alone, a primary and its replica, with a node page each as litefs-proxy would keep it.

Without litefs-proxy: its keeper holds a connection open, which would make Django's own backend faster and safer
than it is on LiteFS as people use it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import threading
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django_litefs import _core
from tools.cluster.addresses import free_network
from tools.cluster.cluster import ROOT
from tools.cluster.wait import until

LITEFS = ROOT / ".tools" / "bin" / "litefs"
DATABASE = "bench.sqlite3"
PORT = 20202
UP_WITHIN = 20.0
STOPPED_WITHIN = 10.0
ARRIVED_WITHIN = 20.0
BEAT = 0.5


@dataclass
class LitefsNode:
    name: str
    folder: Path
    address: str
    primary: str  # address of the primary
    _process: subprocess.Popen[bytes] | None = None
    _page: Any = None
    _litefs_id: str = ""

    @property
    def mount(self) -> Path:
        return self.folder / "mount"

    @property
    def database(self) -> Path:
        return self.mount / DATABASE

    def settings(self) -> dict[str, Any]:
        """What LITEFS must be for a process of this node."""
        return {
            "MOUNT_PATH": str(self.mount),
            "DATA_PATH": str(self.folder / "data"),
            "DATABASE_NAME": DATABASE,
            "HOSTNAME": self.name,
            "HTTP_ADDR": self.address,
            "STATIC_PRIMARY": {"hostname": "n0", "url": f"http://{self.primary}"},
        }

    def position(self) -> str:
        return (self.mount / f"{DATABASE}-pos").read_text()

    @property
    def is_primary(self) -> bool:
        return self.address == self.primary

    def config(self) -> dict[str, Any]:
        lease = {"type": "static", "hostname": "n0", "candidate": self.is_primary}
        return {
            "fuse": {"dir": str(self.mount)},
            "data": {"dir": str(self.folder / "data")},
            "http": {"addr": self.address},
            "lease": {**lease, "advertise-url": f"http://{self.primary}"},
        }

    def start(self) -> None:
        self.folder.mkdir()
        (self.folder / "litefs.yml").write_text(json.dumps(self.config()))
        with (self.folder / "litefs.log").open("ab") as log:
            command = ["setpriv", "--pdeathsig", "TERM", str(LITEFS), "mount", "-config"]
            self._process = subprocess.Popen(
                [*command, str(self.folder / "litefs.yml"), "-no-expand-env"], stdout=log, stderr=log
            )
        # It answers once it is mounted and has the lease; the kernel keeps what a stat() before that saw for a minute.
        self._litefs_id = until(self._ask_id, f"{self.name} is up", UP_WITHIN)

    def open_page(self) -> None:
        role = "primary" if self.is_primary else "replica"
        self._page = _core.NodePageWriter(_core.default_page_path(str(self.mount)))
        self._page.publish(_core.NodeFacts(role, True, self.mount.stat().st_dev, "n0", self._litefs_id))

    def _ask_id(self) -> str | None:
        try:
            with urllib.request.urlopen(f"http://{self.address}/info", timeout=1) as answer:
                return str(answer.headers["Litefs-Id"])
        except OSError:
            return None

    def beat(self) -> None:
        self._page.beat()

    def stop(self) -> None:
        self._page = None
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOPPED_WITHIN)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        subprocess.run(["fusermount3", "-uz", self.mount], check=False, capture_output=True)


class LitefsPair:
    """As a context manager; `primary` and `replica` are up inside, and nothing is left after it.

    Without `pages` somebody else keeps them: a real litefs-proxy.
    """

    def __init__(self, parent: str | None = None, *, pages: bool = True) -> None:
        """`parent`: where LiteFS's data goes, by default the folder for temporary files."""
        self._pages = pages
        self.folder = Path(tempfile.mkdtemp(prefix="litefs-bench-", dir=parent))
        network = free_network()
        primary = f"{network}.10:{PORT}"
        self.primary = LitefsNode("n0", self.folder / "n0", primary, primary)
        self.replica = LitefsNode("n1", self.folder / "n1", f"{network}.11:{PORT}", primary)
        self._ending = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="node-pages")

    def __enter__(self) -> LitefsPair:
        try:
            for node in (self.primary, self.replica):
                node.start()
                if self._pages:
                    node.open_page()
        except BaseException:
            self._stop()
            raise
        if self._pages:
            self._heart.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        if self._pages:
            self._heart.join()
        self._stop()

    def wait_arrived(self) -> None:
        """Until the replica has all that the primary has."""

        def arrived() -> bool:
            return self.replica.database.exists() and self.replica.position() == self.primary.position()

        until(arrived, "the replica has what the primary has", ARRIVED_WITHIN)

    def wait_beyond(self, position: str) -> None:
        """Until the primary has written something."""
        until(lambda: self.primary.position() != position, "the primary writes", ARRIVED_WITHIN)

    def _beat(self) -> None:
        while not self._ending.wait(BEAT):
            self.primary.beat()
            self.replica.beat()

    def _stop(self) -> None:
        self.replica.stop()
        self.primary.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
