"""The admin address of real nodes: what it counts is what happened."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest

from tools.cluster import Client, Cluster, Node, Outcome, until, write_note

pytestmark = pytest.mark.integration

SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")


def scrape(node: Node) -> dict[str, float]:
    """Samples by `name{labels}`."""
    with Client() as client:
        answer = client.get(node.admin, "/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    samples = {}
    for line in answer.text.splitlines():
        if line.startswith("#"):
            continue
        found = SAMPLE.match(line)
        assert found, line
        name, labels, value = found.groups()
        samples[f"{name}{{{labels}}}" if labels else name] = float(value)
    return samples


def grown(before: dict[str, float], after: dict[str, float], name: str, *labels: str) -> float:
    """How much the samples of that name with all those labels grew."""

    def total(samples: dict[str, float]) -> float:
        return sum(
            value
            for key, value in samples.items()
            if key.split("{")[0] == name and all(label in key for label in labels)
        )

    return total(after) - total(before)


def test_a_write_and_a_read_are_counted_where_they_ran(cluster: Cluster) -> None:
    primary, replica = cluster.primary, cluster.replicas[0]
    before = scrape(primary), scrape(replica)
    with Client() as client:
        assert write_note(client, replica).outcome is Outcome.OK
        assert client.get(replica.front, "/about/").status == 200
    after = scrape(primary), scrape(replica)
    name = "litefs_proxy_requests_total"
    assert grown(before[1], after[1], name, 'action="forward"', 'reason="write"', 'role="replica"') >= 1
    assert grown(before[0], after[0], name, 'action="local"', 'reason="hop"', 'role="primary"') >= 1
    assert grown(before[1], after[1], "litefs_proxy_upstream_seconds_count", 'upstream="primary"') >= 1
    assert grown(before[1], after[1], "litefs_proxy_upstream_seconds_count", 'upstream="target"') >= 1
    for sample in (*before, *after):
        assert sample["litefs_proxy_healthy"] == 1
        assert sum(v for k, v in sample.items() if k.startswith("litefs_proxy_role{")) == 1
        assert sample['litefs_proxy_process_starts_total{process="keeper"}'] >= 1
        assert sample['litefs_proxy_process_starts_total{process="app"}'] >= 1
        assert sample["litefs_proxy_event_stream_connects_total"] >= 1
    until(lambda: scrape(primary)["litefs_proxy_replica_links"] == 2, "both replicas are linked", within=10)
    assert after[0]['litefs_proxy_role{role="primary"}'] == 1
    assert after[1]['litefs_proxy_role{role="replica"}'] == 1


def test_a_handoff_is_counted_on_both_sides(cluster: Cluster) -> None:
    giver, taker = cluster.primary, cluster.replicas[0]
    before = scrape(giver), scrape(taker)
    cluster.hand_off(taker)
    cluster.wait_settled()
    after = scrape(giver), scrape(taker)
    name = "litefs_proxy_handoffs_total"
    assert grown(before[0], after[0], name, 'side="given"', 'outcome="done"') == 1
    assert grown(before[1], after[1], name, 'side="taken"', 'outcome="done"') == 1
    assert grown(before[0], after[0], "litefs_proxy_handoff_hold_seconds_count") == 1
    assert 0 < grown(before[0], after[0], "litefs_proxy_handoff_hold_seconds_sum") < 6


def test_health_by_role(cluster: Cluster) -> None:
    primary, replicas = cluster.primary, cluster.replicas
    with Client() as client:
        for node in (primary, *replicas):
            for address in (node.front, node.admin):
                asked = {
                    role: client.get(address, f"/litefs/ready?role={role}").status
                    for role in ("primary", "replica")
                }
                expected = (200, 503) if node is primary else (503, 200)
                assert (asked["primary"], asked["replica"]) == expected
            status = client.get(node.admin, "/litefs/status").json()
            assert status["hostname"] == node.name
            assert status["reasons"] == []
            assert status["process_starts"]["litefs"] >= 1


def test_the_access_log_tells_route_times_bytes_and_id(cluster: Cluster) -> None:
    replica, given = cluster.replicas[0], uuid.uuid4().hex
    with Client() as client:
        answer = client.request(
            replica.front, "POST", "/api/notes/", b'{"title": "logged"}', {"X-Request-Id": given}
        )
    token = answer.headers["X-Request-Id"]
    assert token != given, "only a trusted proxy's is believed"

    def line() -> str:
        return next((line for line in replica.log.read_text().splitlines() if line.endswith(token)), "")

    written = until(line, "the request is in the access log", within=10)
    fields = re.search(
        r'POST "/api/notes/" (\d+) (\d+) (\d+) ([\d.]+)ms waited=([\d.]+)ms upstream=([\d.]+)ms (\S+) (\S+) ',
        written,
    )
    assert fields, written
    status, received, sent, whole, waited, upstream = map(float, fields.groups()[:6])
    assert (status, fields[7], fields[8]) == (answer.status, "forward/write", cluster.primary.name)
    assert received > 100
    assert sent > 100
    assert 0 < upstream <= whole
    assert waited < whole


@pytest.mark.parametrize("method", ["POST", "HEAD", "DELETE"])
def test_admin_is_for_reading_alone(cluster: Cluster, method: str) -> None:
    with Client() as client:
        answer = client.request(cluster.nodes[0].admin, method, "/metrics")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET")


def test_the_front_door_shows_no_metrics(cluster: Cluster, measured: Callable[[str], None]) -> None:
    with Client() as client:
        answer = client.get(cluster.nodes[0].front, "/metrics")
        assert answer.status == 404
        assert b"litefs_proxy_" not in answer.body
        assert client.get(cluster.nodes[0].front, "/litefs/status").status == 404
        scraped = client.get(cluster.nodes[0].admin, "/metrics")
    measured(f"a scrape: {len(scraped.body)} bytes in {scraped.seconds * 1000:.1f} ms")
