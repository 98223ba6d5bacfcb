"""A process that has a file of the mount mapped, when LiteFS is killed: on a real LiteFS."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.python.litefs_node import LitefsNode

pytestmark = pytest.mark.integration

# Maps the WAL index and touches a part of it that the kernel does not have at hand. Arguments: the mount, and which
# mounts are to be survived: this one, another one, or none.
PROCESS = """
import mmap, os, sqlite3, sys
from django_litefs import _core
mount, survived = sys.argv[1:]
connection = sqlite3.connect(mount + "/db.sqlite3", isolation_level=None)
connection.execute("PRAGMA journal_mode=wal")
connection.execute("CREATE TABLE t (x)")
wal_index = os.open(mount + "/db.sqlite3-shm", os.O_RDWR)
length = 2 * os.fstat(wal_index).st_size
os.ftruncate(wal_index, length)
memory = mmap.mmap(wal_index, length)
device = _core.inspect_mount(mount).device
if survived != "none":
    _core.survive_loss(mount, device + (survived == "another"))
print("mapped", flush=True)
sys.stdin.readline()
print("read", memory[length - 1], flush=True)
"""


def touch(node: LitefsNode, survived: str, *, kill: bool, remount: bool = False) -> tuple[int, str]:
    """The exit code of such a process and what it printed at last."""
    command = [sys.executable, "-c", PROCESS, str(node.mount), survived]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "mapped\n"
        if kill:
            node.kill()
        if remount:
            node.unmount()
            node.start()
        said, _ = process.communicate("\n", timeout=30)
    return process.returncode, said.strip()


def test_without_the_guard_it_dies(node: LitefsNode) -> None:
    assert touch(node, "none", kill=True) == (-signal.SIGBUS, "")


def test_with_the_guard_it_reads_an_empty_page(node: LitefsNode) -> None:
    assert touch(node, "this", kill=True) == (0, "read 0")


def test_also_when_the_mount_is_back(node: LitefsNode) -> None:
    assert touch(node, "this", kill=True, remount=True) == (0, "read 0")


def test_memory_of_another_device_is_not_touched(node: LitefsNode) -> None:
    assert touch(node, "another", kill=True) == (-signal.SIGBUS, "")


# What is mapped beyond the end of a file is a fault of the program, and of a live mount nothing may be made up.
BEYOND = PROCESS.replace("sys.stdin", "os.ftruncate(wal_index, 0); sys.stdin")


def test_on_a_live_mount_the_signal_stays_what_it_was(
    node: LitefsNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "PROCESS", BEYOND)
    assert touch(node, "this", kill=False) == (-signal.SIGBUS, "")
