"""Rolling deploys of three nodes under load: schema changes, short and long, a rollback, a migration that fails."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from pathlib import Path

from tools.cluster import Cluster, Outcome, Writers, judge, stored_tokens, until
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
        migrations.AddField("note", "{field}", models.TextField(null=True)),
        migrations.RunPython(work, migrations.RunPython.noop),
    ]
"""


SHORT = 2  # seconds of a migration whose writes wait
LONG = 40  # seconds of one that they do not wait for: PRIMARY_REDIRECT_TIMEOUT is 25 s


def drill(_times: int) -> Table:
    table = Table("Rolling deploys under 8 writers")
    with Cluster(3) as cluster:
        old = SITE
        bad = release(cluster.folder, "bad", seconds=0, fails=True)
        new = release(cluster.folder, "new", seconds=SHORT)
        slow = release(cluster.folder, "slow", seconds=LONG)
        failing(table, cluster, bad, old)
        roll(table, cluster, new, f"a schema change of {SHORT} s, from a replica")
        roll(table, cluster, old, "its rollback")
        roll(table, cluster, slow, f"a schema change of {LONG} s, from a replica", may_refuse=True)
    return table


def release(folder: Path, name: str, *, seconds: int, fails: bool = False) -> Path:
    """The notes site with one migration more, of that name."""
    site = folder / f"release-{name}"
    shutil.copytree(SITE, site, ignore=shutil.ignore_patterns("__pycache__"))
    text = MIGRATION.format(field=name, seconds=seconds, fails=fails)
    (site / "notes" / "migrations" / f"0002_{name}.py").write_text(text)
    return site


def roll(table: Table, cluster: Cluster, site: Path, what: str, *, may_refuse: bool = False) -> None:
    """`may_refuse`: writes may be answered 503, if that says that they were not executed."""
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
    answers = Counter(a.detail for a in writers.attempts if a.outcome is not Outcome.OK)
    right = verdict.right and not (verdict.unknown if may_refuse else verdict.failed)
    table.row(what, f"primary {cluster.primary.name}; {verdict} {dict(answers) or ''}", right)


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
