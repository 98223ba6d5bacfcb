"""Starting and stopping, well or badly, leaves no process, mount, shared page or folder."""

from __future__ import annotations

import pytest

from tools.cluster import Client, Cluster, processes
from tools.cluster.node import Node

pytestmark = pytest.mark.integration


def left_of(cluster: Cluster, nodes: list[Node]) -> list[str]:
    pages = [str(path) for node in nodes for path in node.shared() if path.exists()]
    mounts = [str(node.mount) for node in nodes if node.is_mounted()]
    folder = [str(cluster.folder)] if cluster.folder.exists() else []
    return [*map(str, processes.marked(cluster.mark)), *pages, *mounts, *folder]


def test_a_cluster_that_stops_well() -> None:
    with Cluster(2) as cluster:
        with Client() as client:
            assert client.post_json(cluster.nodes[1].front, "/api/notes/", {"title": "x"}).status == 201
        assert cluster.stop() == [0, 0]
        assert cluster.leftovers() == []
    assert left_of(cluster, cluster.nodes) == []


def test_a_cluster_that_is_given_up() -> None:
    with pytest.raises(KeyboardInterrupt), Cluster(1) as cluster:
        raise KeyboardInterrupt
    assert left_of(cluster, cluster.nodes) == []
