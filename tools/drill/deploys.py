"""Rolling deploys of three nodes under load: a schema change, its rollback, a migration that fails."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from tools.cluster import Cluster, Writers, judge, stored_tokens, until
from tools.cluster.cluster import SITE

from .table import Table

MIGRATION = """\
from __future__ import annotations

import time

from django.db import migrations, models


def work(apps, schema_editor):
    time.sleep({seconds})
    if {fails}:
        raise RuntimeError("this migration fails on purpose")


class Migration(migrations.Migration):
    dependencies = [("notes", "0001_initial")]
    operations = [
        migrations.AddField("note", "extra", models.TextField(null=True)),
        migrations.RunPython(work, migrations.RunPython.noop),
    ]
"""


def drill(times: int) -> Table:
    table = Table("Rolling deploys under 8 writers")
    with Cluster(3) as cluster:
        old = SITE
        new = release(cluster.folder / "new", seconds=times or 2, fails=False)
        bad = release(cluster.folder / "bad", seconds=0, fails=True)
        failing(table, cluster, bad, old)
        roll(table, cluster, new, f"a schema change of {times or 2} s, from a replica")
        roll(table, cluster, old, "its rollback")
    return table


def release(folder: Path, *, seconds: int, fails: bool) -> Path:
    """The notes site with one migration more."""
    shutil.copytree(SITE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = MIGRATION.format(seconds=seconds, fails=fails)
    (folder / "notes" / "migrations" / "0002_extra.py").write_text(text)
    return folder


def roll(table: Table, cluster: Cluster, site: Path, what: str) -> None:
    cluster.wait_settled()
    order = [*cluster.replicas, cluster.primary]
    with Writers(cluster.nodes, count=8, pause=0.02) as writers:
        time.sleep(1)
        for node in order:
            writers.avoid(node)
            node.stop()
            node.site = site
            node.start()
            node.wait_ready(120)
            writers.avoid(None)
        time.sleep(1)
    cluster.wait_settled()
    verdict = judge(writers.attempts, stored_tokens(cluster.primary))
    table.row(what, f"primary {cluster.primary.name}; {verdict}", verdict.right and not verdict.failed)


def failing(table: Table, cluster: Cluster, site: Path, old: Path) -> None:
    cluster.wait_settled()
    node = cluster.replicas[0]
    with Writers([n for n in cluster.nodes if n is not node], count=8, pause=0.02) as writers:
        time.sleep(1)
        node.stop()
        node.site = site
        node.start()
        code = node.wait_end(120)
        until(
            lambda: [n for n in cluster.nodes if n is not node and n.role() == "primary"],
            "the old version leads",
            30,
        )
        time.sleep(1)
    node.site = old
    node.start()
    cluster.wait_settled()
    verdict = judge(writers.attempts, stored_tokens(cluster.primary))
    said = node.said("step migrate failed")
    right = code != 0 and said and verdict.right and not verdict.failed
    table.row(
        "a migration that fails", f"that node ends with code {code}, says why: {said}; {verdict}", right
    )
