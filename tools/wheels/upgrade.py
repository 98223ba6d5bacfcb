"""bin/test-upgrade OLD.whl: three nodes of an older wheel become nodes of the new one, one by one, under writers.

What a load balancer does is done here: a node gets no new requests from before its stop until it is ready again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import overload

from tools.cluster.cluster import Cluster
from tools.cluster.history import Outcome, judge
from tools.cluster.load import Writers, stored_tokens
from tools.cluster.node import Node
from tools.wheels import installed
from tools.wheels.targets import ROOT

WRITERS = 8
WRITING_S = 1.0  # before the first stop, and after each node is back
SHOWN_FAILURES = 5


class Rotation(Sequence[Node]):
    """The nodes that get requests now. Any index is one of them."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = tuple(nodes)

    def set(self, nodes: Sequence[Node]) -> None:
        self._nodes = tuple(nodes)

    def __len__(self) -> int:
        return len(self._nodes)

    @overload
    def __getitem__(self, index: int) -> Node: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Node]: ...
    def __getitem__(self, index: int | slice) -> Node | Sequence[Node]:
        nodes = self._nodes
        return nodes[index] if isinstance(index, slice) else nodes[index % len(nodes)]


def main() -> int:
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="litefs-upgrade-") as name:
        old, new = (
            make(Path(name), kind, wheels) for kind, wheels in (("old", options.old), ("new", options.dist))
        )
        with Cluster(3, python=old) as cluster:
            good = upgrade(cluster, new)
            good &= cluster.stop() == [0, 0, 0] and cluster.leftovers() == []
    print(f"{int(good)} passed, {int(not good)} failed")
    return 0 if good else 1


def make(folder: Path, kind: str, wheels: Path) -> str:
    (folder / kind).mkdir()
    found = installed.install(folder / kind, wheels, ["gunicorn"])
    print(f"{kind}: {wheels.name}, {found.tag}, Python {found.version}, Django {found.django}", flush=True)
    return found.python


def upgrade(cluster: Cluster, python: str) -> bool:
    rotation, moved = Rotation(cluster.nodes), list[str]()
    with Writers(rotation, count=WRITERS) as writers:
        time.sleep(WRITING_S)
        for node in [*cluster.replicas, cluster.primary]:
            began, role = time.monotonic(), node.role()
            rotation.set([other for other in cluster.nodes if other is not node])
            assert node.stop() == 0, node.log_tail()
            node.python = python
            node.start()
            node.wait_ready()
            rotation.set(cluster.nodes)
            moved.append(f"{node.name} ({role}) {time.monotonic() - began:.1f} s")
            time.sleep(WRITING_S)
    cluster.wait_settled()
    verdicts = [judge(writers.attempts, stored_tokens(node)) for node in cluster.nodes]
    print(f"upgraded {', '.join(moved)}\n{WRITERS} writers: {verdicts[0]}", flush=True)
    for attempt in [a for a in writers.attempts if a.outcome is not Outcome.OK][:SHOWN_FAILURES]:
        print(f"  at {attempt.node}: {attempt.outcome.value}, {attempt.detail}")
    return all(verdict.right and verdict.failed == 0 for verdict in verdicts)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/test-upgrade", description=__doc__)
    parser.add_argument("old", type=Path, help="wheel of an earlier commit")
    parser.add_argument(
        "--dist", type=Path, default=ROOT / "dist", help="the new wheel, or its folder (default: dist)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
