"""What litefs-proxy does for the readers of a replica, done by the test."""

from __future__ import annotations

import os

from django_litefs import _core
from tests.python.litefs_node import LitefsNode

LONG_LEASE_S = 10.0


class Proxy:
    """The node page with the gate, and the folder of the read pages."""

    def __init__(self, node: LitefsNode) -> None:
        self.node = node
        self.path = _core.default_page_path(str(node.mount))
        self.pages = _core.ReadPages(self.path)
        self.page = _core.NodePageWriter(self.path)
        self.publish("replica")

    def publish(self, role: str) -> None:
        self.page.publish(_core.NodeFacts(role, True, os.stat(self.node.mount).st_dev, "n1", ""))

    def close(self, lease: float = LONG_LEASE_S) -> None:
        self.page.close_gate(lease)

    def count(self, what: str) -> int:
        return self.pages.count(what)

    def reading(self) -> list[int]:
        return [pid for pid, _ in _core.open_reads(self.path)]
