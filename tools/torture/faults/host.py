"""The machine under a node runs short of something."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from tools.cluster import Client, NoAnswerError, Node, NotSentError, until

from ..checker import Rules
from ..kinds import SMALL_DISK
from ..scene import AT_ONCE, ELECTION, Fault, Scene

FILLER = "filler"
BLOCK = 1 << 20
FULL_WITHIN = 10.0


def fill_disk(scene: Scene) -> None:
    """The data folder of the primary's LiteFS is full until somebody makes room."""
    node = scene.cluster.primary
    filler = node.data / FILLER
    _fill(filler)
    try:
        until(lambda: not _accepts_writes(node), f"{node.name} refuses writes", FULL_WITHIN)
        scene.some(1.0, 3.0)
    finally:
        filler.unlink()


def _fill(path: Path) -> None:
    """To the last byte: blocks first, then halves."""
    size = BLOCK
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        while size:
            try:
                os.write(descriptor, b"\0" * size)
            except OSError:
                size //= 2
    finally:
        os.close(descriptor)


def _accepts_writes(node: Node) -> bool:
    with Client(timeout=FULL_WITHIN) as client:
        try:
            return client.post_json(node.front, "/api/notes/", {"title": "is there room?"}).status == 201
        except (NotSentError, NoAnswerError):
            return False


def run_out_of_descriptors(scene: Scene) -> None:
    """The proxy of one node may open no more than it has open."""
    pid = scene.node().pid
    _, hard = usual = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (len(os.listdir(f"/proc/{pid}/fd")), hard))
    try:
        scene.some(2.0, 5.0)
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, usual)


FAULTS = (
    Fault(
        "disk-full",
        "the disk of the primary's LiteFS is full for 1-3 s",
        fill_disk,
        ELECTION,
        Rules(may_lose=True),
        kind=SMALL_DISK,
    ),
    Fault(
        "no-descriptors", "a node's proxy can open no more files for 2-5 s", run_out_of_descriptors, AT_ONCE
    ),
)
