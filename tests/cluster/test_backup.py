"""Backup and restore under load, and the way from one machine on a plain file to three nodes."""

from __future__ import annotations

import dataclasses
import re
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tools.cluster import Client, Cluster, Node, Outcome, Writers, stored_tokens, until

pytestmark = pytest.mark.integration

WRITING = 1.0
HELD_MAX_MS = 1000
DATABASE = "notes.sqlite3"


def run(node: Node, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = node.manage(*arguments, timeout=120)
    assert done.returncode == code, (
        f"{arguments} at {node.name}: {done.returncode}\n{done.stdout}{done.stderr}"
    )
    return done


def tokens_in(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        return [token for (token,) in connection.execute("SELECT token FROM notes_note ORDER BY id")]


def test_an_export_under_writers_from_every_node(
    cluster: Cluster, tmp_path: Path, measured: Callable[[str], None]
) -> None:
    for node in cluster.nodes:
        path = tmp_path / f"{node.name}.sqlite3"
        with Writers(cluster.nodes, count=4) as writers:
            time.sleep(WRITING)
            before = [a.token for a in writers.attempts if a.outcome is Outcome.OK]
            said = run(node, "litefs_export", str(path)).stderr
        assert re.search(r"at position [0-9a-f]{16}/[0-9a-f]{16}: \d+ tables, \d+ rows, checked", said), said
        held = re.search(r"stood still for (\d+) ms", said)
        assert (held is None) == (node is cluster.primary), said
        assert held is None or int(held[1]) < HELD_MAX_MS
        exported = set(tokens_in(path))
        if node is cluster.primary:
            assert exported.issuperset(before)
        assert exported <= set(stored_tokens(cluster.primary))
        assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []
        measured(f"{node.name}: {said.strip()}")


def test_restore_drill(cluster: Cluster, tmp_path: Path, measured: Callable[[str], None]) -> None:
    """Export, disaster, import, all nodes serving, while everybody writes."""
    path = tmp_path / "backup.sqlite3"
    primary = cluster.primary
    with Writers(cluster.nodes, count=4) as writers:
        time.sleep(WRITING)
        run(cluster.replicas[0], "litefs_export", str(path))
        run(primary, "shell", "-c", "from notes.models import Note; Note.objects.all().delete()")
        time.sleep(WRITING)
        refused = run(primary, "litefs_import", str(path), code=1)
        assert "--replace" in refused.stderr
        elsewhere = run(cluster.replicas[0], "litefs_import", str(path), "--replace", code=1)
        assert f"run it on {primary.name}, the primary" in elsewhere.stderr
        began = time.monotonic()
        said = run(primary, "litefs_import", str(path), "--replace").stdout
        imported_at = time.monotonic()
        until(
            lambda: any(a.started > imported_at and a.outcome is Outcome.OK for a in writers.attempts),
            "writes go on",
            within=10,
        )
    cluster.wait_settled()
    backup = Path(re.findall(r"checked: (\S+)$", said, re.MULTILINE)[0])
    restored = tokens_in(path)
    disaster = tokens_in(backup)
    assert set(restored) - set(disaster), "the disaster took nothing away"
    later = {a.token for a in writers.attempts if a.started > began}
    for node in cluster.nodes:
        stored = stored_tokens(node)
        assert stored[: len(restored)] == restored
        assert set(stored) <= set(restored) | later
    assert [a.detail for a in writers.attempts if a.outcome is Outcome.UNKNOWN] == []
    in_between = [a for a in writers.attempts if a.outcome is Outcome.OK and a.token in set(disaster)]
    assert in_between, "what was written between disaster and import is in the backup that --replace made"
    measured(f"import --replace with its own export took {imported_at - began:.1f} s: {said.strip()}")


@pytest.fixture
def grown() -> Iterator[tuple[Cluster, Path]]:
    """Three nodes that never ran, and the plain database of the site that ran on the first one's machine."""
    cluster = Cluster(3)
    try:
        first = cluster.nodes[0]
        first.folder.mkdir(parents=True)
        first.data.mkdir()
        single = dataclasses.replace(first, environment={**first.environment, "LITEFS_ENABLED": "false"})
        run(single, "migrate", "-v0")
        run(single, "write_notes", "plain", "--count", "20", "--pause", "0")
        yield cluster, first.data / DATABASE
    finally:
        cluster.close()


def test_from_one_machine_to_three_nodes(
    grown: tuple[Cluster, Path], measured: Callable[[str], None]
) -> None:
    """The steps of docs/backup.md, and every wrong order before the right one."""
    cluster, plain = grown
    first, *others = cluster.nodes
    cluster.consul.start()
    began = time.monotonic()

    # Forgotten: the cluster would begin with an empty site.
    refused = first.manage("litefs_start", "--", *first.server)
    assert refused.returncode == 1
    assert f"litefs_start --import {plain} -- COMMAND" in refused.stderr
    # The file is not where it was said to be; or there is no cluster to import it into.
    assert "no such file" in first.manage("litefs_start", "--import", "/nowhere", "--", *first.server).stderr
    assert "knows no primary" in first.manage("litefs_import", str(plain)).stderr

    first.options = ("--import", str(plain))
    first.start()
    first.wait_ready()
    assert sorted(stored_tokens(first)) == [f"plain.{number:05d}" for number in range(1, 21)]
    for node in others:
        node.start()
    for node in others:
        node.wait_ready()
    cluster.wait_settled()
    for node in cluster.nodes:
        assert len(stored_tokens(node)) == 20
    measured(f"from a plain file to three nodes in {time.monotonic() - began:.1f} s")

    # Once: a restart with the same command imports nothing; another node cannot import into a cluster with data.
    with Client() as client:
        assert client.post_json(first.front, "/api/notes/", {"title": "t", "token": "later"}).status == 201
    assert first.stop() == 0
    first.start()
    first.wait_ready()
    cluster.wait_settled()
    assert "later" in stored_tokens(first)
    assert "holds data" in run(cluster.primary, "litefs_import", str(plain), code=1).stderr
    assert cluster.stop() == [0, 0, 0]
    assert cluster.leftovers() == []
