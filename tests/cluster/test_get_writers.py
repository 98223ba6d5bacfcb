"""GETs that write, on WSGI and ASGI servers, at every node: each runs on the primary and is there once."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tools.cluster import Client, Cluster, NoAnswerError, stored_tokens
from tools.cluster.cluster import SITE

pytestmark = pytest.mark.integration

SERVERS = (
    ("gunicorn", "notes_site.wsgi", "--workers=3"),
    ("uvicorn", "notes_site.asgi:application"),
    ("gunicorn", "notes_site.wsgi", "--workers=2", "--threads=3"),
)
WAYS = (
    *("plain", "read-first", "swallow", "autocommit", "async", "async-swallow"),
    *("marked", "marked-async", "named", "not-ours", "stream"),
)
AT_ONCE = 6
EACH = 20


@pytest.fixture(scope="module")
def site() -> Iterator[Cluster]:
    environment = {
        "DJANGO_SETTINGS_MODULE": "get_writers",
        "PYTHONPATH": f"{Path(__file__).parent / 'sites'}:{SITE}",
    }
    with Cluster(3, servers=SERVERS, environment=environment) as cluster:
        yield cluster


@pytest.fixture(params=["gunicorn", "uvicorn"], scope="module")
def cluster(site: Cluster, request: pytest.FixtureRequest) -> Cluster:
    """With a primary of that kind."""
    site.wait_settled()
    if site.primary.server[0] != request.param:
        site.hand_off(next(node for node in site.replicas if node.server[0] == request.param))
        site.wait_settled()
    return site


@pytest.mark.parametrize("way", WAYS)
def test_each_way_at_each_node_twice(cluster: Cluster, way: str) -> None:
    primary = cluster.primary
    with Client() as client:
        for node in [*cluster.nodes, *cluster.nodes]:
            token = secrets.token_hex(8)
            answer = client.get(node.front, f"/w/{way}/?token={token}")
            assert (answer.status, answer.json()["node"]) == (200, primary.name), answer.text
            assert answer.json().get("written", True)
            for reader in cluster.nodes:
                found = client.get(reader.front, f"/api/notes/?token={token}").json()["notes"]
                assert len(found) == 1, f"read at {reader.name}"


def test_a_read_then_a_write_from_many_clients(cluster: Cluster) -> None:
    tokens = [secrets.token_hex(8) for _ in range(AT_ONCE * EACH)]

    def visit(number: int) -> int:
        node = cluster.nodes[number % len(cluster.nodes)]
        with Client() as client:
            return client.get(node.front, f"/w/read-first/?token={tokens[number]}").status

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert set(pool.map(visit, range(len(tokens)))) == {200}
    stored = stored_tokens(cluster.primary)
    assert all(stored.count(token) == 1 for token in tokens)


def test_a_login_link_then_a_session_that_is_saved_by_every_request(cluster: Cluster) -> None:
    with Client() as client:
        answer = client.get(cluster.replicas[0].front, "/w/login/")
        assert (answer.status, answer.json()["node"]) == (200, cluster.primary.name)
        for turn, node in enumerate([*cluster.nodes] * 4, start=1):
            counted = client.get(node.front, "/w/session/")
            assert (counted.status, counted.json()["count"]) == (200, turn)
            seen = client.get(node.front, "/w/seen/")
            assert (seen.status, seen.json()["user"]) == (200, "visitor")
            assert seen.json()["last_login"] != "None"


def test_an_answer_that_has_begun_is_never_run_again(cluster: Cluster) -> None:
    token = secrets.token_hex(8)
    for node in cluster.replicas:
        with Client() as client, pytest.raises(NoAnswerError):
            client.get(node.front, f"/w/stream-writes/?token={token}")
    assert stored_tokens(cluster.primary).count(token) == 0
    with Client() as client:
        whole = client.get(cluster.primary.front, f"/w/stream-writes/?token={token}")
    assert whole.body.endswith(b"the end")
    assert stored_tokens(cluster.primary).count(token) == 1
