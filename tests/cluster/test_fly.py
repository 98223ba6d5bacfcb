"""Three nodes as machines on Fly, behind a stand-in for Fly's proxy: writes reach the primary by its replay, once."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tools.cluster import Answer, Client, Cluster, stored_tokens
from tools.cluster.addresses import free_network
from tools.cluster.fly_edge import FORCED, FlyEdge
from tools.cluster.node import Node

pytestmark = pytest.mark.integration

WRITES = 60
AT_ONCE = 6
OVER_ONE_MB = 2_000_000


@pytest.fixture(scope="module")
def machines() -> Iterator[Cluster]:
    network = free_network()
    environment = {
        "FLY_APP_NAME": "notes",
        "FLY_REGION": "ams",
        "PRIMARY_REGION": "ams",
        "LITEFS_TRANSPORT": "auto",
        "LITEFS_TRUSTED_PROXIES": f"{network}.1",
    }
    cluster = Cluster(3, network=network, environment=environment)
    for node in cluster.nodes:
        node.environment["FLY_MACHINE_ID"] = node.name
    with cluster:
        yield cluster


@pytest.fixture
def edge(machines: Cluster) -> Iterator[FlyEdge]:
    machines.wait_settled()
    address = machines.consul.address.rpartition(".")[0] + ".1"
    with FlyEdge(machines.nodes, address) as edge:
        yield edge


def write(edge: FlyEdge, first: Node, token: str = "", path: str = "/api/notes/") -> tuple[str, Answer]:
    """A POST that Fly's proxy gives to `first`."""
    token = token or secrets.token_hex(8)
    body = json.dumps({"title": "by Fly", "token": token}).encode()
    with Client() as client:
        headers = {"Content-Type": "application/json", FORCED: first.name}
        return token, client.request(edge.front, "POST", path, body, headers)


def test_a_write_at_any_machine_runs_once_on_the_primary(machines: Cluster, edge: FlyEdge) -> None:
    primary = machines.primary
    starts = [machines.nodes[number % 3] for number in range(WRITES)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda first: write(edge, first), starts))
    assert {answer.status for _, answer in answers} == {201}
    assert {answer.json()["node"] for _, answer in answers} == {primary.name}
    stored = stored_tokens(primary)
    assert all(stored.count(token) == 1 for token, _ in answers)
    assert not [name for name in answers[0][1].headers if name.lower().startswith("fly-")]
    assert len(edge.replays) == sum(first is not primary for first in starts)
    assert {replay.wanted for replay in edge.replays} == {primary.name}
    token, _ = answers[-1]
    with Client() as client:  # an edge that knows nothing of positions: each read is as fresh as its node
        read = client.get(primary.front, f"/api/notes/?token={token}")
    assert len(read.json()["notes"]) == 1


def test_a_session_behind_the_edge_reads_its_writes_everywhere(machines: Cluster, edge: FlyEdge) -> None:
    for number in range(30):
        first, then = machines.nodes[number % 3], machines.nodes[(number + 1) % 3]
        token = secrets.token_hex(8)
        with Client() as client:
            body = json.dumps({"title": "session", "token": token}).encode()
            headers = {"Content-Type": "application/json", FORCED: first.name}
            assert client.request(edge.front, "POST", "/api/notes/", body, headers).status == 201
            read = client.get(edge.front, f"/api/notes/?token={token}", {FORCED: then.name})
        assert len(read.json()["notes"]) == 1


def test_a_body_over_1_mb_goes_direct(machines: Cluster, edge: FlyEdge) -> None:
    replica = machines.replicas[0]
    token = secrets.token_hex(8)
    body = json.dumps({"title": "long", "token": token, "text": "x" * OVER_ONE_MB}).encode()
    with Client() as client:
        headers = {"Content-Type": "application/json", FORCED: replica.name}
        answer = client.request(edge.front, "POST", "/api/notes/", body, headers)
    assert (answer.status, answer.json()["node"]) == (201, machines.primary.name)
    assert edge.replays == []


def test_a_get_that_writes_goes_direct_once_then_is_replayed(machines: Cluster, edge: FlyEdge) -> None:
    replica = machines.replicas[0]
    path = f"/visits/?{secrets.token_hex(4)}"
    with Client() as client:
        first, second = (client.get(edge.front, path, {FORCED: replica.name}) for _ in range(2))
    assert [a.served_by[0] for a in (first, second)] == [machines.primary.name] * 2
    assert len(edge.replays) <= 1  # the route may be known from a test before
    assert edge.replays[-1].source == replica.name


@pytest.mark.parametrize("fault", ["unreachable", "misrouted"])
def test_a_replay_that_fails_or_goes_astray_goes_direct(machines: Cluster, edge: FlyEdge, fault: str) -> None:
    (replica, other), primary = machines.replicas, machines.primary
    if fault == "unreachable":
        edge.unreachable.add(primary.name)
    else:
        edge.misrouted[primary.name] = other.name
    token, answer = write(edge, replica)
    assert (answer.status, answer.json()["node"]) == (201, primary.name)
    assert stored_tokens(primary).count(token) == 1
    assert len(edge.replays) == 1


def test_no_write_fails_while_the_primary_moves(
    machines: Cluster, edge: FlyEdge, measured: Callable[[str], None]
) -> None:
    target = machines.replicas[0]
    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        moving = pool.submit(machines.hand_off, target)
        answers = list(pool.map(lambda n: write(edge, machines.nodes[n % 3]), range(WRITES)))
        held = moving.result()
    assert {answer.status for _, answer in answers} == {201}
    stored = stored_tokens(machines.primary)
    assert all(stored.count(token) == 1 for token, _ in answers)
    longest = max(answer.seconds for _, answer in answers)
    measured(f"{WRITES} writes by Fly's replay, held {held:.0f} ms, longest {longest * 1000:.0f} ms")


def test_who_is_not_flys_proxy_is_never_answered_with_a_replay(machines: Cluster, edge: FlyEdge) -> None:
    replica = machines.replicas[0]
    token = secrets.token_hex(8)
    body = json.dumps({"title": "pretends", "token": token}).encode()
    claims = {"Content-Type": "application/json", "Fly-Client-IP": "1.2.3.4", "fly-replay-src": "instance=n9"}
    with Client() as client:
        answer = client.request(replica.front, "POST", "/api/notes/", body, claims)
    assert (answer.status, answer.json()["node"]) == (201, machines.primary.name)
    assert edge.replays == []
