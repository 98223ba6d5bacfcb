"""The cluster in view at admin-addr of real nodes: the page, its JSON, and what is told as it happens."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tools.cluster import Client, Cluster, Node, until

pytestmark = pytest.mark.integration

WITHIN = 30.0
LIMIT_S = 30.0
WEIGHT_MAX = 60_000


def status(node: Node) -> dict[str, Any]:
    with Client() as client:
        answer = client.get(node.admin, "/litefs/status.json")
    assert answer.status == 200
    return dict(answer.json())


def told(node: Node) -> list[dict[str, Any]]:
    return list(status(node)["cluster"]["events"])


def test_a_page_for_browsers_and_json_for_others(cluster: Cluster, measured: Callable[[str], None]) -> None:
    node = cluster.replicas[0]
    with Client() as client:
        page = client.request(node.admin, "GET", "/litefs/status", headers={"Accept": "text/html,*/*"})
        others = client.get(node.admin, "/litefs/status")
        files = [
            client.get(node.admin, path) for path in re.findall(r'(?:href|src)="(/litefs/[^"]+)"', page.text)
        ]
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'; script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert not re.search(r"<script[^>]*>[^<]|\sstyle=|\son\w+=|https?:", page.text)
    assert others.json()["hostname"] == node.name
    assert [file.status for file in files] == [200] * 3
    weight = len(page.body) + sum(len(file.body) for file in files)
    assert weight <= WEIGHT_MAX
    measured(f"the page and its files: {weight} bytes")


def test_every_node_shows_all_nodes(cluster: Cluster) -> None:
    for node in cluster.nodes:
        facts = status(node)
        assert facts["hostname"] == node.name
        nodes = {each["hostname"]: each for each in facts["cluster"]["nodes"]}
        assert sorted(nodes) == sorted(each.name for each in cluster.nodes)
        assert [each["role"] for each in nodes.values()].count("primary") == 1
        assert all(each["load"]["requests_per_s"] >= 0 for each in nodes.values())


def test_every_node_tells_what_happened_on_all(cluster: Cluster) -> None:
    before, after = cluster.primary, cluster.replicas[0]
    cluster.hand_off(after)
    cluster.wait_settled()

    def known(node: Node, who: Node, what: str) -> bool:
        return any(one["node"] == who.name and what in one["what"] for one in told(node))

    for node in cluster.nodes:
        until(lambda: known(node, before, "handed the primary role over"), "the giver is told of", WITHIN)  # noqa: B023
        until(lambda: known(node, after, "is primary, was replica"), "the taker is told of", WITHIN)  # noqa: B023
        assert all(known(node, each, "started, version") for each in cluster.nodes)


def test_what_happens_is_streamed_from_any_node(cluster: Cluster) -> None:
    watched, taker = cluster.replicas
    host, _, port = watched.admin.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=LIMIT_S)
    try:
        connection.request("GET", "/litefs/events")
        stream = connection.getresponse()
        assert stream.headers["Content-Type"] == "text/event-stream"

        def next_roles() -> dict[str, str]:
            while not (line := stream.readline()).startswith(b"data: "):
                assert line, "the stream ended"
            nodes = json.loads(line.removeprefix(b"data: "))["nodes"]
            return {each["hostname"]: each["role"] for each in nodes}

        assert next_roles()[taker.name] == "replica"
        cluster.hand_off(taker)
        until(lambda: next_roles().get(taker.name) == "primary", "the stream tells of it", WITHIN)
    finally:
        connection.close()
