"""The commands of a shell on any node: the whole cluster at a glance, maintenance, promotion, the doctor."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from tools.cluster import Client, Cluster, Node, Outcome, Writers, judge, stored_tokens, until

pytestmark = pytest.mark.integration


def run(node: Node, *arguments: str, code: int = 0) -> str:
    done = node.manage(*arguments)
    assert done.returncode == code, (
        f"{arguments} at {node.name}: {done.returncode}\n{done.stdout}{done.stderr}"
    )
    return done.stdout


def as_json(node: Node, *arguments: str) -> Any:
    return json.loads(run(node, *arguments, "--json"))


def test_every_node_shows_the_whole_cluster(cluster: Cluster) -> None:
    primary, replica = cluster.primary, cluster.replicas[0]
    seen = {node.name: as_json(node, "litefs_status")["cluster"] for node in (primary, replica)}
    for found in seen.values():
        assert found["seen_by"] == primary.name
        assert [node["hostname"] for node in found["nodes"]] == [node.name for node in cluster.nodes]
        roles = {node["hostname"]: node["role"] for node in found["nodes"]}
        assert roles == {n.name: "primary" if n is primary else "replica" for n in cluster.nodes}
        assert all(node["linked"] and node["healthy"] and node["version"] for node in found["nodes"])
    table = run(replica, "litefs_status")
    assert f"{replica.name} (this one)" in table
    assert re.search(r"^LiteFS +v0\.5\.14", table, re.MULTILINE)


def test_a_named_node_is_promoted_from_any_other(cluster: Cluster) -> None:
    asked, target = cluster.replicas
    assert f"{target.name} is primary now" in run(asked, "litefs_primary", "--promote", target.name)
    assert cluster.primary is target
    run(target, "litefs_primary", "--check", "--wait")
    cluster.wait_settled()
    assert run(asked, "litefs_primary").strip() == target.name
    assert "already" in target.manage("litefs_primary", "--promote").stderr
    assert "nowhere" in target.manage("litefs_primary", "--promote", "nowhere").stderr


def test_maintenance_freezes_every_way_of_writing_and_outlives_a_handoff(
    cluster: Cluster, measured: Callable[[str], None]
) -> None:
    first, second = cluster.primary, cluster.replicas[0]
    with Writers(cluster.nodes, count=4) as writers:
        until(lambda: len(writers.attempts) > 20, "they write", within=10)
        run(second, "litefs_maintenance", "on", "--for", "5m")
        frozen_at = time.monotonic()
        position = first.health()["positions"]
        refused = first.manage("shell", "-c", "from notes.models import *; Note.objects.create(title='x')")
        assert "under maintenance" in refused.stderr
        with Client() as client:
            answer = client.post_json(second.front, "/api/notes/", {"title": "x", "token": "t"})
            assert (answer.status, answer.not_executed) == (503, "maintenance")
            assert int(answer.headers["Retry-After"]) >= 1
            assert client.get(second.front, "/api/notes/").status == 200
        cluster.hand_off(second)
        assert run(first, "litefs_maintenance", "status").startswith("on")
        assert second.health()["positions"] == position, "somebody wrote"
        thawed_at = time.monotonic()
        run(first, "litefs_maintenance", "off")
        until(lambda: any(a.started > thawed_at and a.outcome is Outcome.OK for a in writers.attempts),
              "writes go on", within=10)  # fmt: skip
    run(first, "litefs_maintenance", "status", code=1)
    during = [a for a in writers.attempts if frozen_at < a.started and a.started + a.seconds < thawed_at]
    assert during
    assert {a.outcome for a in during} == {Outcome.NOT_EXECUTED}
    cluster.wait_settled()
    verdict = judge(writers.attempts, stored_tokens(cluster.primary))
    measured(f"{len(during)} writes refused in maintenance; {verdict}")
    assert verdict.right, str(verdict)
    assert [a.detail for a in writers.attempts if a.outcome is Outcome.UNKNOWN] == []


def test_the_doctor_of_a_good_cluster(cluster: Cluster) -> None:
    replica = cluster.replicas[0]
    found = as_json(replica, "litefs_doctor")
    by_check = {finding["check"]: finding for finding in found}
    assert "committed through the front door" in next(f["what"] for f in found if f["check"] == "write")
    assert "same secret" in by_check["secret"]["what"]
    assert cluster.primary.name in by_check["consul"]["what"]
    secret = replica.environment["NOTES_SECRET_KEY"]
    assert secret not in json.dumps(found)


def test_the_doctor_keeps_what_is_secret(cluster: Cluster) -> None:
    """Asked with a Consul that is not there."""
    done = cluster.primary.manage("litefs_doctor", LITEFS_CONSUL_URL="http://user:hidden-token@127.0.0.1:9")
    assert done.returncode == 1
    assert "Consul at http://***@127.0.0.1:9 does not answer" in done.stdout
    assert "hidden-token" not in done.stdout + done.stderr


def test_a_command_runs_where_its_writes_work(cluster: Cluster) -> None:
    replica = cluster.replicas[0]
    shell = (
        "shell",
        "-c",
        "from notes.models import *; print(Note.objects.create(title='x', token='{}').pk)",
    )
    for node, token in ((replica, "halted"), (cluster.primary, "direct")):
        run(node, "litefs_run", "--on-primary", *shell[:2], shell[2].format(token))
    assert "is the primary" in run(replica, "litefs_run", "--only-on-primary", *shell[:2], "1/0")
    cluster.wait_settled()
    assert {"halted", "direct"} <= set(stored_tokens(replica))
