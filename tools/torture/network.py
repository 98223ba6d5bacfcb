"""A network of our own: a namespace for each node, and this process in the middle as router, client and Consul's host.

Needs a network namespace for itself (`unshare --net`), so all of it is gone with the process. Links are cut by rules
that drop packets without a word, as a lost cable does; nothing is refused or reset.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tools.cluster import processes, until

PREFIX = "10.81.0"
ROUTER = f"{PREFIX}.1"
CONSUL = f"{PREFIX}.2"
LOCAL_TABLE_AT = "100"  # behind our rules, which otherwise could not cut this process itself
DROPS_AT = "10"
READY_WITHIN = 5.0


class NotIsolatedError(Exception):
    """This process shares its network with others."""


def _ip(*arguments: str, inside: tuple[str, ...] = ()) -> None:
    done = subprocess.run([*inside, "ip", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


def become_router() -> None:
    """Once, before any Network: this process's namespace gets its addresses and passes packets on."""
    devices = [line.split(":")[0].strip() for line in Path("/proc/net/dev").read_text().splitlines()[2:]]
    if devices != ["lo"]:
        raise NotIsolatedError("run this as `unshare --net --mount ...`; bin/torture does")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    _ip("link", "set", "lo", "up")
    for address in (ROUTER, CONSUL):
        _ip("addr", "add", f"{address}/32", "dev", "lo")
    _ip("rule", "add", "pref", LOCAL_TABLE_AT, "lookup", "local")
    _ip("rule", "del", "pref", "0")


class Network:
    """Context manager. The nodes' addresses are those that a Cluster of this PREFIX gives them."""

    consul = CONSUL

    def __init__(self, addresses: Iterable[str]) -> None:
        self._addresses = list(addresses)
        self._devices: list[str] = []
        self._holders: dict[str, subprocess.Popen[bytes]] = {}
        self._rules: list[tuple[tuple[str, ...], tuple[str, ...]]] = []

    def __enter__(self) -> Network:
        try:
            for number, address in enumerate(self._addresses):
                self._connect(number, address)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.heal()
        for device in self._devices:
            with contextlib.suppress(RuntimeError):  # gone with its namespace
                _ip("link", "del", device)
        for holder in self._holders.values():
            holder.kill()
            holder.wait()
        self._devices.clear()
        self._holders.clear()

    def inside(self, address: str) -> tuple[str, ...]:
        """Runs the command that follows it in the namespace of `address`."""
        return ("nsenter", f"--net=/proc/{self._holders[address].pid}/ns/net")

    def cut_off(self, address: str) -> None:
        """Nothing leaves the node and nothing reaches it."""
        self._drop(("from", address))
        self._drop(("iif", "eth0"), self.inside(address))

    def cut(self, source: str, destination: str) -> None:
        """Packets from one to the other vanish; the other direction works."""
        self._drop(("from", source, "to", destination))

    def heal(self) -> None:
        for rule, inside in self._rules:
            _ip("rule", "del", *rule, inside=inside)
        self._rules.clear()

    def _drop(self, which: tuple[str, ...], inside: tuple[str, ...] = ()) -> None:
        rule = ("pref", DROPS_AT, *which, "blackhole")
        _ip("rule", "add", *rule, inside=inside)
        self._rules.append((rule, inside))

    def _connect(self, number: int, address: str) -> None:
        holder = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sleep", "infinity"],
            start_new_session=True,  # Ctrl-C is for us
        )
        self._holders[address] = holder
        own, namespace = Path("/proc/self/ns/net").readlink(), Path(f"/proc/{holder.pid}/ns/net")
        until(
            lambda: namespace.readlink() != own and processes.command(holder.pid)[:1] == ["sleep"],
            f"the network namespace of {address}",
            READY_WITHIN,
        )
        here, inside = f"node{number}", self.inside(address)
        _ip("link", "add", here, "type", "veth", "peer", "name", "eth0", "netns", str(holder.pid))
        self._devices.append(here)
        _ip("link", "set", here, "up")
        _ip("link", "set", "lo", "up", inside=inside)
        _ip("addr", "add", f"{address}/32", "dev", "eth0", inside=inside)
        _ip("link", "set", "eth0", "up", inside=inside)
        _ip("route", "add", ROUTER, "dev", "eth0", inside=inside)
        _ip("route", "add", "default", "via", ROUTER, inside=inside)
        _ip("route", "add", address, "dev", here, "src", ROUTER)
