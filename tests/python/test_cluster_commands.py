"""What litefs_status, litefs_primary, litefs_maintenance and litefs_run make of what they find."""

from __future__ import annotations

import itertools
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from django_litefs import control, health
from django_litefs.management.commands import litefs_run
from django_litefs.management.commands.litefs_status import judge
from django_litefs.node import SINGLE, Facts

PRIMARY = Facts("primary", True, 1, "n0", "")
REPLICA = Facts("replica", True, 1, "n0", "")
NO_PRIMARY = Facts("unknown", True, 1, "", "")
FROZEN = replace(PRIMARY, frozen=True)

GOOD_NODE = {"hostname": "n0", "linked": True, "healthy": True, "role": "primary", "version": "0.1.0",
             "candidate": True, "reasons": [], "behind": 0, "lag_ms": 0, "positions": {"db": "1/2"}}  # fmt: skip
REPLICA_NODE = {**GOOD_NODE, "hostname": "n1", "role": "replica", "behind": 3, "lag_ms": 250}
LOST_NODE = {"hostname": "n2", "linked": False, "healthy": False, "role": "replica", "reasons": ["silent"],
             "silent_ms": 12_400, "version": "0.1.0"}  # fmt: skip


def found(nodes: list[dict[str, Any]] | None, **changes: Any) -> dict[str, Any]:
    cluster = None if nodes is None else {"nodes": nodes, "maintenance_left_ms": 0}
    return {
        "hostname": "n0",
        "role": "primary",
        "primary": "n0",
        "mount": "/litefs",
        "mount_alive": True,
        "databases": {"db": "1/2"},
        "folder": "/litefs",
        "proxy": {"healthy": True, "reasons": [], "version": "0.1.0"},
        "reading": [],
        "litefs": "v0.5.14",
        "litefs_pinned": "v0.5.14 h1:x=",
        "cluster": cluster,
        "cluster_error": "" if nodes is not None else "nobody answers",
        **changes,
    }


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (found([GOOD_NODE, REPLICA_NODE]), 0),
        (found([GOOD_NODE, LOST_NODE]), 1),
        (found([GOOD_NODE, {**REPLICA_NODE, "healthy": False, "reasons": ["lag"]}]), 1),
        (found([REPLICA_NODE]), 1),
        (found([GOOD_NODE, {**GOOD_NODE, "hostname": "n1"}]), 1),
        (found(None), 2),
        (found([GOOD_NODE], proxy=None), 2),
        (found([GOOD_NODE], mount_alive=False), 1),
        (found([GOOD_NODE], proxy={"healthy": False, "reasons": ["lag"]}), 1),
        (found(None, hostname=None), 0),
    ],
)
def test_exit_code_of_status(status: dict[str, Any], code: int) -> None:
    assert judge(status) == code


def shown(monkeypatch: pytest.MonkeyPatch, status: dict[str, Any], *arguments: str) -> tuple[str, int]:
    monkeypatch.setattr(health, "status", lambda: status)
    out = StringIO()
    try:
        call_command("litefs_status", *arguments, stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(str(end.code))
    return out.getvalue(), 0


def test_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    text, code = shown(monkeypatch, found([GOOD_NODE, REPLICA_NODE, LOST_NODE]))
    assert code == 1
    rows = [line.split("  ") for line in text.splitlines()[:4]]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert cells == [
        ["node", "role", "health", "behind", "lag", "version", "position"],
        ["n0 (this one)", "primary", "good", "-", "-", "0.1.0", "db 1/2"],
        ["n1", "replica", "good", "3", "250 ms", "0.1.0", "db 1/2"],
        ["n2", "-", "silent for 12 s", "-", "-", "0.1.0", "-"],
    ]


def test_what_is_said_beside_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    status = found([GOOD_NODE])
    status["cluster"] |= {"maintenance_left_ms": 61_000, "error": "the primary does not answer"}
    text, code = shown(monkeypatch, status)
    assert "MAINTENANCE: no write starts, for 61 s more" in text
    assert "only this node's own view: the primary does not answer" in text
    assert code == 1
    assert "cluster: nobody answers" in shown(monkeypatch, found(None))[0]


def test_watching_goes_on_until_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", sleep)
    text, code = shown(monkeypatch, found([GOOD_NODE]), "--watch", "0.5")
    assert (text.count("this node"), code, pauses) == (3, 0, [0.5, 0.5, 0.5])


def test_nodes_of_primary_url_that_nobody_heard_of(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.argv", ["manage.py", "litefs_status"])
    settings.LITEFS = {
        "STATIC_PRIMARY": {"hostname": "n0", "url": "http://127.0.2.9:20202"},
        "HOSTNAME": "n0",
        "DATA_PATH": tmp_path,
        "PRIMARY_URL": {"n0": "http://127.0.2.9:8081", "n9": "http://127.0.2.10:8081"},
    }
    monkeypatch.setattr(control, "cluster", lambda: {"nodes": [dict(GOOD_NODE)]})
    nodes, error = health.cluster()
    assert nodes is not None
    assert error == ""
    assert [(n["hostname"], n["linked"]) for n in nodes["nodes"]] == [("n0", True), ("n9", False)]


@pytest.mark.parametrize(
    ("facts", "code"), [(PRIMARY, 0), (FROZEN, 0), (SINGLE, 0), (REPLICA, 1), (NO_PRIMARY, 2)]
)
def test_check(monkeypatch: pytest.MonkeyPatch, facts: Facts, code: int, settings: Any) -> None:
    settings.LITEFS = {"ENABLED": False}
    monkeypatch.setattr(health, "node_facts", lambda: facts)
    with pytest.raises(SystemExit) as caught:
        call_command("litefs_primary", "--check")
    assert caught.value.code == code


def becoming(monkeypatch: pytest.MonkeyPatch, *facts: Facts) -> None:
    """One after another, then the last one for good."""
    seen = itertools.chain(facts, itertools.repeat(facts[-1]))
    monkeypatch.setattr(health, "node_facts", lambda: next(seen))


def test_waiting_for_a_primary(monkeypatch: pytest.MonkeyPatch) -> None:
    becoming(monkeypatch, NO_PRIMARY, NO_PRIMARY, REPLICA)
    out = StringIO()
    call_command("litefs_primary", "--wait", stdout=out)
    assert out.getvalue() == "n0\n"
    becoming(monkeypatch, REPLICA, REPLICA, PRIMARY)
    with pytest.raises(SystemExit) as caught:
        call_command("litefs_primary", "--check", "--wait")
    assert caught.value.code == 0
    becoming(monkeypatch, NO_PRIMARY)
    with pytest.raises(CommandError, match=r"within 0.2 s") as refused:
        call_command("litefs_primary", "--wait", "--timeout", "0.2")
    assert refused.value.returncode == 2


@pytest.mark.parametrize(
    ("duration", "words"), [("soon", "--for 'soon' is"), ("0s", "more than nothing"), ("25h", "at most 24h")]
)
def test_how_long_maintenance_may_last(duration: str, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("litefs_maintenance", "on", "--for", duration)


def test_maintenance_tells_what_still_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"left_ms": 60_000, "before_ms": 0, "drained": False, "running": "writes are still running"}
    monkeypatch.setattr(control, "maintain", lambda _: answer)
    with pytest.raises(CommandError, match="It is on, but writes are still running"):
        call_command("litefs_maintenance", "on")


def test_running_where_writes_work(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(litefs_run, "_run", ran.append)
    out = StringIO()
    for facts, where in ((PRIMARY, "--on-primary"), (REPLICA, "--on-primary"), (SINGLE, "--only-on-primary")):
        monkeypatch.setattr(health, "node_facts", lambda facts=facts: facts)
        call_command("litefs_run", where, "--", "clearsessions", "-v0")
    assert ran == [["clearsessions", "-v0"]] * 3
    monkeypatch.setattr(health, "node_facts", lambda: REPLICA)
    call_command("litefs_run", "--only-on-primary", "clearsessions", stdout=out)
    assert out.getvalue() == "not run: n0 is the primary\n"
    monkeypatch.setattr(health, "node_facts", lambda: FROZEN)
    with pytest.raises(CommandError, match="under maintenance"):
        call_command("litefs_run", "--on-primary", "clearsessions")
    monkeypatch.setattr(health, "node_facts", lambda: NO_PRIMARY)
    with pytest.raises(CommandError, match=r"No primary is known within 0.1 s"):
        call_command("litefs_run", "--on-primary", "--wait", "0.1", "clearsessions")
    assert len(ran) == 3
