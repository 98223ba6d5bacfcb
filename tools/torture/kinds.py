"""The kinds of cluster that faults need: the usual one, and one with small disks."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from tools.cluster import Cluster, Node

from .network import PREFIX, Network

SMALL_DISK = "small disk"
SMALL = "64m"
# Both kinds of app server: one request per connection, and threads that keep connections.
SERVERS = (
    ("gunicorn", "notes_site.wsgi", "--workers=4"),
    ("gunicorn", "notes_site.wsgi", "--workers=2", "--threads=4"),
)
MANY = 6  # nodes; with more, one process of the app on each
SMALL_SERVERS = (("gunicorn", "notes_site.wsgi", "--workers=1", "--threads=4"),)


@contextmanager
def running(kind: str, size: int) -> Iterator[tuple[Cluster, Network]]:
    """A settled cluster in a network of its own."""
    offered = SERVERS if size <= MANY else SMALL_SERVERS
    servers = [offered[number % len(offered)] for number in range(size)]
    shared = {"LITEFS_SECRET": secrets.token_hex(16)}
    cluster = Cluster(size, network=PREFIX, servers=servers, environment=shared)
    addresses = [node.address for node in cluster.nodes]
    with ExitStack() as stack:
        network = stack.enter_context(Network(addresses))
        for node in cluster.nodes:
            node.wrapper = network.inside(node.address)
            if kind == SMALL_DISK:
                stack.callback(_small_disk(node))
        stack.enter_context(cluster)
        yield cluster, network


def _small_disk(node: Node) -> Callable[[], object]:
    node.data.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "none", node.data], check=True)
    return lambda: subprocess.run(["umount", "--lazy", node.data], check=True)
