"""A connection per request while the primary writes ends in SIGBUS, unless somebody keeps one open."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.cluster import Client, Cluster, NoAnswerError, Node, NotSentError, Writers, until
from tools.cluster.cluster import ROOT, SITE
from tools.cluster.node import LITEFS_PORT, TARGET_PORT

pytestmark = pytest.mark.integration

REQUESTS = 2000
READERS = 4
SITES = Path(__file__).parent / "sites"
DIED = re.compile(r"Worker \(pid:\d+\) was sent SIGBUS")


def read(address: str, times: int) -> list[int]:
    """Asks for a page that reads the database; the processes that answered (0: none did)."""
    pids = []
    with Client(timeout=20) as client:
        for _ in range(times):
            try:
                answer = client.get(address, "/api/notes/?token=none")
                pids.append(int(answer.json()["pid"]) if answer.status == 200 else 0)
            except (NotSentError, NoAnswerError):
                pids.append(0)
    return pids


@contextmanager
def restarted(node: Node, **environment: str) -> Iterator[Node]:
    """The node with other environment variables inside the block, and as before after it."""
    before = dict(node.environment)
    try:
        node.environment.update(environment)
        assert node.stop() == 0
        node.start()
        node.wait_ready()
        yield node
    finally:
        node.environment = before
        assert node.stop() == 0
        node.start()
        node.wait_ready()


def test_workers_of_a_replica_survive(cluster: Cluster, measured: Callable[[str], None]) -> None:
    replica = cluster.replicas[0]
    with restarted(replica, DJANGO_SETTINGS_MODULE="reopening", PYTHONPATH=f"{SITES}:{SITE}"):
        with Writers([cluster.primary], count=1) as writers, ThreadPoolExecutor(READERS) as pool:
            parts = pool.map(lambda times: read(replica.front, times), [REQUESTS // READERS] * READERS)
            pids = [pid for part in parts for pid in part]
        log = replica.log.read_text(errors="replace")
    measured(
        f"{len(pids)} requests at {replica.name}, {pids.count(0)} failed, "
        f"{len(writers.attempts)} writes meanwhile"
    )
    assert len(pids) == REQUESTS
    assert 0 not in pids
    assert not DIED.search(log)


@contextmanager
def bare_replica(cluster: Cluster, folder: Path) -> Iterator[tuple[str, Path]]:
    """LiteFS alone and gunicorn with Django's own backend: the app's address and its log."""
    address = cluster.nodes[0].address.rpartition(".")[0] + ".99"
    node = Node("bare", address, folder, SITE, dict(cluster.nodes[0].environment))
    consul = {"url": cluster.consul.url, "key": node.environment["LITEFS_CONSUL_KEY"]}
    advertised = f"http://{address}:{LITEFS_PORT}"
    config = {
        "fuse": {"dir": str(node.mount)},
        "data": {"dir": str(node.data)},
        "http": {"addr": f"{address}:{LITEFS_PORT}"},
        "lease": {
            "type": "consul",
            "hostname": "bare",
            "advertise-url": advertised,
            "candidate": False,
            "consul": consul,
        },
    }
    (folder / "litefs.yml").write_text(json.dumps(config))
    environment = {
        **node.full_environment(),
        "DJANGO_SETTINGS_MODULE": "stock",
        "PYTHONPATH": f"{SITES}:{SITE}",
    }
    app = f"{address}:{TARGET_PORT}"
    commands = [
        [str(ROOT / ".tools/bin/litefs"), "mount", "-config", str(folder / "litefs.yml")],
        [f"{Path(sys.executable).parent}/gunicorn", "notes_site.wsgi", "--workers=1", f"--bind={app}"],
    ]
    running: list[subprocess.Popen[bytes]] = []
    log = folder / "bare.log"
    try:
        for command in commands:
            with log.open("ab") as out:
                running.append(subprocess.Popen(command, cwd=SITE, env=environment, stdout=out, stderr=out))
            until(
                lambda: os.path.exists(node.mount / "notes.sqlite3"),
                "the bare replica has the database",
                within=30,
            )
        until(lambda: read(app, 1) != [0], "the bare app answers", within=30)
        yield app, log
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait(10)
        node.clean_up()


def test_control_django_alone_on_litefs_alone_dies(
    cluster: Cluster, tmp_path: Path, measured: Callable[[str], None]
) -> None:
    with bare_replica(cluster, tmp_path) as (app, log), Writers([cluster.primary], count=1):
        asked = 0
        while asked < REQUESTS and not DIED.search(log.read_text(errors="replace")):
            asked += len(read(app, 1))
    measured(f"Django's own backend, one worker, LiteFS alone: SIGBUS after {asked} requests")
    assert DIED.search(log.read_text(errors="replace")), "the fault that the anchor prevents did not show"
