"""One node: `manage.py litefs_start -- <app server>` in a folder and on an address of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from . import processes
from .client import Client, NoAnswerError, NotSentError
from .wait import until

FRONT_PORT = 8081
TARGET_PORT = 8000
LITEFS_PORT = 20202
ADMIN_PORT = 20203

READY_WITHIN = 60.0
STOP_WITHIN = 40.0
PROBE_TIMEOUT = 5.0
LOG_TAIL = 30  # lines shown when a node fails

DEFAULT_SERVER = ("gunicorn", "notes_site.wsgi", "--workers=2")


class NodeFailedError(Exception):
    """A node ended, or could not be stopped; the message holds the end of its log."""


@dataclass
class Node:
    name: str
    address: str
    folder: Path
    site: Path
    environment: dict[str, str]
    server: tuple[str, ...] = DEFAULT_SERVER
    python: str = sys.executable  # of the environment that the site runs in
    options: tuple[str, ...] = ()  # of litefs_start
    wrapper: tuple[str, ...] = ()  # runs the command that follows it, for example in a network namespace
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def front(self) -> str:
        return f"{self.address}:{FRONT_PORT}"

    @property
    def admin(self) -> str:
        return f"{self.address}:{ADMIN_PORT}"

    @property
    def mount(self) -> Path:
        return self.folder / "mount"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "node.log"

    @property
    def app_log(self) -> Path:
        """What reached the app: gunicorn's access log."""
        return self.folder / "app.log"

    @property
    def page(self) -> Path:
        """The node page (shared memory) of this mount."""
        return Path(f"/dev/shm/litefs-{zlib.crc32(str(self.mount).encode()):08x}")

    def shared(self) -> list[Path]:
        """All that litefs-proxy keeps in shared memory: the page, and the folder of its readers' pages."""
        return [self.page, Path(f"{self.page}.reads")]

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} was not started"
        return self._process.pid

    def full_environment(self) -> dict[str, str]:
        return {
            "PATH": f"{Path(self.python).parent}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "notes_site.settings",
            "LITEFS_MOUNT_PATH": str(self.mount),
            "LITEFS_DATA_PATH": str(self.data),
            "LITEFS_HOSTNAME": self.name,
            "LITEFS_ADVERTISE_URL": f"http://{self.address}:{LITEFS_PORT}",
            "LITEFS_PROXY_ADDR": self.front,
            "LITEFS_PROXY_TARGET": f"{self.address}:{TARGET_PORT}",
            "LITEFS_ADMIN_ADDR": self.admin,
            **self.environment,
        }

    def start(self) -> None:
        """Returns at once. From the main thread only: the node ends with the thread that started it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        server = [*self.server]
        if server[0] == "gunicorn":
            server.append(f"--access-logfile={self.app_log}")
        ends_with_us = ["setpriv", "--pdeathsig", "TERM"]
        with self.log.open("ab") as log:
            start = ["litefs_start", *self.options, "--", *server]
            self._process = subprocess.Popen(
                [*ends_with_us, *self.wrapper, self.python, "manage.py", *start],
                cwd=self.site,
                env=self.full_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def manage(
        self, *arguments: str, timeout: float = 60.0, wrapper: tuple[str, ...] = (), **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs a management command as on this node's shell, by way of `wrapper` if there is one."""
        return subprocess.run(
            [*self.wrapper, *wrapper, self.python, "manage.py", *arguments],
            cwd=self.site,
            env={**self.full_environment(), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def wait_ready(self, within: float = READY_WITHIN) -> None:
        until(self.is_ready, f"node {self.name} is ready (log: {self.log})", within)

    def is_ready(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise NodeFailedError(
                f"node {self.name} ended with {self._process.returncode}:\n{self.log_tail()}"
            )
        return self.answers("/litefs/ready")

    def answers(self, path: str) -> bool:
        """With 200, at this moment."""
        return self._ask(path)[0] == 200

    def role(self) -> str:
        """As the node itself sees it; "" if it does not answer."""
        return str(self.health().get("role", ""))

    def health(self) -> dict[str, object]:
        """What the node says of itself; empty if it does not answer."""
        status, body = self._ask("/litefs/health")
        return dict(json.loads(body)) if status else {}

    def _ask(self, path: str) -> tuple[int, bytes]:
        with Client(timeout=PROBE_TIMEOUT) as client:
            try:
                answer = client.get(self.front, path)
            except (NotSentError, NoAnswerError):
                return 0, b""
        return answer.status, answer.body

    def log_tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_TAIL:])

    def said(self, words: str, after: int = 0) -> bool:
        """Whether its log holds `words` beyond that many characters."""
        return words in self.log.read_text(errors="replace")[after:]

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def app_pids(self) -> list[int]:
        """gunicorn's master, then its workers."""
        commands = {pid: " ".join(processes.command(pid)) for pid in processes.descendants(self.pid)}
        return [pid for pid, command in commands.items() if "gunicorn" in command]

    def litefs_pid(self) -> int | None:
        """The LiteFS of this node, if it runs at this moment."""
        for pid in processes.descendants(self.pid):
            if [Path(word).name for word in processes.command(pid)[:1]] == ["litefs"]:
                return pid
        return None

    def stop(self, within: float = STOP_WITHIN) -> int:
        """SIGTERM to the supervisor, as an init system does; its exit code."""
        self.terminate()
        return self.wait_end(within)

    def terminate(self) -> None:
        assert self._process is not None
        self._process.terminate()

    def wait_end(self, within: float = STOP_WITHIN) -> int:
        """The exit code of a node that is ending."""
        assert self._process is not None
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            raise NodeFailedError(
                f"node {self.name} did not end within {within:g} s:\n{self.log_tail()}"
            ) from None

    def freeze(self) -> list[int]:
        """All its processes stand still; their ids."""
        tree = [self.pid, *processes.descendants(self.pid)]
        processes.kill(tree, signal.SIGSTOP)
        return tree

    def kill(self) -> None:
        """All its processes at once, as if the machine had lost power and come back without its mount."""
        tree = self.freeze()  # else LiteFS would still hear that its parent died, and give up the lease
        processes.kill(tree)
        assert self._process is not None
        self._process.wait()
        processes.wait_gone(tree)
        self.unmount()

    def forget(self) -> None:
        """Its data is gone, as on a new machine."""
        shutil.rmtree(self.data)

    def forget_memory(self) -> None:
        """It still has its data, but no longer knows how old that is."""
        (self.data / "node.json").unlink()

    def kill_litefs(self) -> int:
        pid = until(self.litefs_pid, f"LiteFS of {self.name} runs", within=READY_WITHIN)
        processes.kill([pid], signal.SIGKILL)
        return pid

    def is_mounted(self) -> bool:
        mounts = Path("/proc/self/mountinfo").read_text().splitlines()
        return any(line.split()[4] == str(self.mount) for line in mounts)

    def unmount(self) -> None:
        if self.is_mounted():
            subprocess.run(["fusermount3", "-uz", self.mount], check=True)

    def clean_up(self) -> None:
        """Whatever state it is in: nothing of it stays but its log, which goes with the cluster's folder."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        self.unmount()
        page, reads = self.shared()
        page.unlink(missing_ok=True)
        shutil.rmtree(reads, ignore_errors=True)
        shutil.rmtree(self.mount, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)
