"""How a node ends: with little time left, at once, in a crash loop. Its exit code says how."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.cluster import Cluster, Node, Outcome, Writers, judge, stored_tokens, until

pytestmark = pytest.mark.integration

LIFE = 5.0  # seconds between Fly's SIGINT and its SIGKILL
WRITING = 1.0  # seconds before and after
WITHIN = 60.0
CRASH_CODE = 3
KILLED = 128 + signal.SIGKILL
GUNICORN = 'gunicorn notes_site.wsgi --workers=2 --bind="$LITEFS_PROXY_TARGET"'
DEAF = f"trap '' TERM; {GUNICORN} & while :; do sleep 0.1; done"
FRAGILE = f'test -e "$BROKEN" && exit {CRASH_CODE}; exec {GUNICORN}'
HOLDER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("SELECT count(*) FROM notes_note").fetchone()
print("open", flush=True)
sys.stdin.read()
"""


def ended_within(node: Node, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while node.running and time.monotonic() < deadline:
        time.sleep(0.01)
    return not node.running


def test_a_primary_with_5_seconds_to_live_hands_off(measured: Callable[[str], None]) -> None:
    with Cluster(3, environment={"LITEFS_STOP_TIMEOUT": f"{LIFE:g}s"}) as cluster:
        leaving, heirs = cluster.primary, cluster.replicas
        with Writers(heirs, count=8) as writers:
            time.sleep(WRITING)
            at = time.monotonic()
            os.kill(leaving.pid, signal.SIGINT)
            in_time = ended_within(leaving, LIFE)
            seconds = time.monotonic() - at
            if not in_time:
                leaving.kill()  # as Fly does
            time.sleep(WRITING)
        handed_off = [node for node in heirs if node.said(f"took over from {leaving.name}")]
        leaving.start()
        cluster.wait_settled()
        verdict = judge(writers.attempts, stored_tokens(cluster.primary))
    measured(f"SIGINT with {LIFE:g} s to live: ended by itself: {in_time}, after {seconds:.1f} s; {verdict}")
    assert handed_off
    assert verdict.right, str(verdict)
    assert verdict.failed == 0, [a.detail for a in writers.attempts if a.outcome is not Outcome.OK][:5]


def test_the_second_signal_ends_it_at_once() -> None:
    """An app that does not end would be waited for, for ten minutes here."""
    with Cluster(1, servers=[("sh", "-c", DEAF)], environment={"LITEFS_STOP_TIMEOUT": "10m"}) as cluster:
        node = cluster.nodes[0]
        node.terminate()
        until(lambda: node.said(" stopping"), "it stops", WITHIN)
        assert not ended_within(node, WRITING)
        node.terminate()
        assert node.wait_end(WITHIN) == KILLED
        assert node.said("stopping at once")
        assert node.said(f"app ended with code {KILLED}")
        assert cluster.leftovers() == []


def test_somebody_else_has_the_database_open() -> None:
    """A shell, say: LiteFS cannot unmount under it, so the mount is taken away."""
    with Cluster(1) as cluster:
        node = cluster.nodes[0]
        command = [sys.executable, "-c", HOLDER, str(node.mount / "notes.sqlite3")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"open\n"
            assert node.stop() == 0
            assert cluster.leftovers() == []
            holder.kill()


def test_a_crash_loop_of_the_app_ends_the_node(tmp_path: Path, measured: Callable[[str], None]) -> None:
    """After a growing pause each time; LiteFS, which is well, is not left to end with the role."""
    broken = tmp_path / "broken"
    with Cluster(2, servers=[("sh", "-c", FRAGILE)], environment={"BROKEN": str(broken)}) as cluster:
        failing, heir = cluster.primary, cluster.replicas[0]
        assert failing is cluster.nodes[0]
        with Writers([heir], count=4) as writers:
            time.sleep(WRITING)
            broken.touch()
            os.kill(failing.app_pids()[0], signal.SIGKILL)
            code = failing.wait_end(WITHIN)
            until(lambda: heir.role() == "primary", "the other one leads", WITHIN)
            time.sleep(WRITING)
        log = failing.log.read_text(errors="replace")
        pauses = re.findall(r"app ended with code (\d+): started again in (\d+) ms", log)
        verdict = judge(writers.attempts, stored_tokens(heir))
        taken_over = heir.said(f"took over from {failing.name}")
        mounted = failing.is_mounted()
    measured(f"crash loop: exit code {code}; {verdict}")
    assert pauses == [
        (str(KILLED), "100"), *((str(CRASH_CODE), pause) for pause in ("200", "400", "800", "1600"))
    ]  # fmt: skip
    assert code == CRASH_CODE
    given_up, handed_off = log.find("is not started again"), log.find("is asked to take over")
    assert 0 < given_up < handed_off
    assert (taken_over, mounted) == (True, False)
    assert verdict.right, str(verdict)
