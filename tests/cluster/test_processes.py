"""What runs beside the app server, and as whom."""

from __future__ import annotations

import json
import pwd
from pathlib import Path

import pytest

from tools.cluster import Client, Cluster, Node, processes, until, write_note

pytestmark = pytest.mark.integration

WORKER = """
echo start $LITEFS_HOSTNAME >> {file}
trap 'sleep 0.3; echo end $LITEFS_HOSTNAME >> {file}; exit 0' TERM
while :; do sleep 0.05; done
"""
HANDOFFS = 3
WITHIN = 10.0


def test_a_worker_of_the_primary_never_runs_twice(tmp_path: Path) -> None:
    file = tmp_path / "worker.log"
    worker = {"name": "worker", "cmd": ["sh", "-c", WORKER.format(file=file)], "run-on": "primary"}
    with Cluster(2, environment={"LITEFS_PROCESSES": json.dumps([worker])}) as cluster:
        for _ in range(HANDOFFS):
            cluster.wait_settled()
            runs_on(file, cluster.primary)
            cluster.hand_off(cluster.replicas[0])
        assert cluster.stop() == [0, 0]
    events = lines(file)
    assert len(events) >= 2 * (HANDOFFS + 1)
    for start, end in zip(events[::2], events[1::2], strict=True):
        assert start.split() == ["start", end.removeprefix("end ")], events


def runs_on(file: Path, node: Node) -> None:
    until(lambda: lines(file)[-1:] == [f"start {node.name}"], f"the worker runs on {node.name}", WITHIN)


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def test_the_app_runs_without_root() -> None:
    cluster = Cluster(1, environment={"LITEFS_USER": "nobody"})
    node = cluster.nodes[0]
    cluster.folder.chmod(0o755)
    node.folder.mkdir()
    node.folder.chmod(0o777)
    with cluster:
        with Client() as client:
            assert write_note(client, node).detail.startswith("201")
        nobody = pwd.getpwnam("nobody").pw_uid
        assert {processes.user(pid) for pid in node.app_pids()} == {nobody}
        litefs = node.litefs_pid()
        assert litefs is not None
        assert processes.user(litefs) == 0
        assert node.data.stat().st_mode & 0o077 == 0
        assert node.said("[app] ")
        assert node.said("[litefs] ")
