"""The processes of a development cluster: started to outlive us, found again, ended with all below them."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

HOST = "127.0.0.1"  # one name for all nodes: browsers send their cookies to each
FIRST_PORTS = {"front": 8081, "target": 8001, "litefs": 20202, "admin": 20302}
STOP_WITHIN_S = 40.0  # more than STOP_TIMEOUT's default
PAUSE_S = 0.1
ASK_TIMEOUT_S = 2.0
INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


class DevClusterError(Exception):
    """It cannot be started or found; the message says what to do."""


@dataclass
class Member:
    """A process: a node, or Consul. `born` tells it from a later process with the same id."""

    name: str
    ports: dict[str, int]
    pid: int = 0
    born: str = ""

    @property
    def alive(self) -> bool:
        """Never, if it ended before it was looked at: a Ctrl-C can reach it before it is in its own session."""
        return self.born != "" and _born(self.pid) == self.born

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.ports['front']}/"

    def spawn(self, command: Sequence[str], environment: Mapping[str, str], log: str) -> None:
        """In a session of its own; it outlives us. Ctrl-C waits until we know its id."""
        output = (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTS)
        try:
            self.pid = os.posix_spawnp(
                command[0],
                list(command),
                {**os.environ, **environment},
                file_actions=[nothing, output, (os.POSIX_SPAWN_DUP2, 1, 2)],
                setsid=True,
                setsigmask=mask,
            )
            self.born = _born(self.pid)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def stop(self) -> None:
        """SIGTERM, and SIGKILL to all of it if it does not end."""
        if self.alive:
            os.kill(self.pid, signal.SIGTERM)
        if not self._ended():
            self.kill()

    def kill(self) -> None:
        """At once and with all below it, as if the machine lost power: stopped first, so that nobody says goodbye."""
        tree = _tree(self.pid) if self.alive else []
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in tree:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
        self._ended()

    def _ended(self) -> bool:
        deadline = time.monotonic() + STOP_WITHIN_S
        while self.alive and time.monotonic() < deadline:
            time.sleep(PAUSE_S)
        if not self.alive:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, 0)  # if it is our own child
        return not self.alive

    def get(self, use: str, path: str) -> tuple[int, bytes]:
        """Status and body of its HTTP port; (0, b'') if nobody answers."""
        connection = http.client.HTTPConnection(HOST, self.ports[use], timeout=ASK_TIMEOUT_S)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()


def _stat(pid: int) -> list[str]:
    """State, parent, … of a process; [] if it has ended."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return []
    return [] if fields[0] in "ZX" else fields


def _born(pid: int) -> str:
    """When it started, in clock ticks; '' if it has ended."""
    fields = _stat(pid)
    return fields[19] if fields else ""


def _tree(pid: int) -> list[int]:
    """A process and all below it, parents first."""
    children: dict[int, list[int]] = {}
    for other in map(int, filter(str.isdigit, os.listdir("/proc"))):
        if fields := _stat(other):
            children.setdefault(int(fields[1]), []).append(other)
    tree = [pid]
    for process in tree:
        tree.extend(children.get(process, ()))
    return tree


def free_port(first: int) -> int:
    for port in range(first, first + 1000):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        return port
    raise DevClusterError(f"No free port from {first} on.")


def free_ports(size: int) -> Iterator[dict[str, int]]:
    first = dict(FIRST_PORTS)
    for _ in range(size):
        ports = {use: free_port(port) for use, port in first.items()}
        yield ports
        first = {use: port + 1 for use, port in ports.items()}
