"""One node with a static lease whose app server is started by hand, in a copy of the site that may be edited."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from tools.cluster import Client, Node, processes
from tools.cluster.addresses import free_network
from tools.cluster.client import NoAnswerError, NotSentError
from tools.cluster.cluster import SITE
from tools.cluster.node import LITEFS_PORT, TARGET_PORT
from tools.cluster.wait import until

WITHIN = 30.0


class Developer:
    """Somebody who works on that copy."""

    def __init__(self, folder: Path) -> None:
        self.mark = secrets.token_hex(8)
        self.site = folder / "site"
        shutil.copytree(SITE, self.site, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3*"))
        address = f"{free_network()}.10"
        lease = {"hostname": "n0", "url": f"http://{address}:{LITEFS_PORT}"}
        environment = {"LITEFS_STATIC_PRIMARY": json.dumps(lease), processes.MARK: self.mark}
        self.node = Node("n0", address, folder, self.site, environment)
        self.process: subprocess.Popen[str] | None = None

    @property
    def target(self) -> str:
        return f"{self.node.address}:{TARGET_PORT}"

    def run(self, *command: str) -> None:
        with self.node.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command],
                cwd=self.site,
                env=self.node.full_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def append(self, path: str, text: str) -> None:
        with (self.site / path).open("a") as file:
            file.write(text)

    def serving_pid(self) -> int:
        """Of the process that answered through litefs-proxy; 0 if none did."""
        assert self.process is not None
        assert self.process.poll() is None, self.node.log_tail()
        with Client(timeout=5.0) as client:
            try:
                return client.get(self.node.front, "/about/").served_by[2]
            except (NotSentError, NoAnswerError):
                return 0

    def running(self, name: str) -> list[int]:
        return [p for p in processes.marked(self.mark) if Path(processes.command(p)[0]).name == name]

    def until_served(self, other_than: int = 0, within: float = WITHIN) -> int:
        """The process that serves, and is not that one."""

        def served() -> int:
            pid = self.serving_pid()
            return 0 if pid == other_than else pid

        return until(served, f"another process than {other_than} serves", within)

    def quit(self, number: signal.Signals, *, group: bool) -> int:
        """Ctrl-C on the terminal (the whole foreground group), or a signal to the one process."""
        assert self.process is not None
        (os.killpg if group else os.kill)(self.process.pid, number)
        return self.process.wait(WITHIN)

    def left(self) -> list[str]:
        return [
            *(" ".join(processes.command(pid)) for pid in processes.marked(self.mark)),
            *(str(path) for path in self.node.shared() if path.exists()),
            *([str(self.node.mount)] if self.node.is_mounted() else []),
        ]

    def clean_up(self) -> None:
        processes.kill(processes.marked(self.mark))
        if self.process is not None:
            self.process.wait()
        self.node.clean_up()
