"""manage.py litefs_devcluster: nodes of a site, a failover, and nothing left."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.cluster import Client, processes
from tools.cluster.cluster import CONSUL_PROGRAM, SITE

pytestmark = pytest.mark.integration

WITHIN = 60.0
SERVER = "--server=gunicorn notes_site.wsgi"


class Shell:
    """Somebody's shell, somewhere."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "cluster"
        self.mark = secrets.token_hex(8)
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}:{CONSUL_PROGRAM.parent}:{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",
            processes.MARK: self.mark,
        }

    def command(self, *arguments: str) -> list[str]:
        return [
            sys.executable,
            str(SITE / "manage.py"),
            "litefs_devcluster",
            *arguments,
            f"--folder={self.folder}",
        ]

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        environment = {**self.environment, **environment}
        return subprocess.run(
            self.command(*arguments),
            cwd="/",
            env=environment,
            capture_output=True,
            text=True,
            timeout=WITHIN,
        )

    def said(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def roles(self) -> dict[str, str]:
        rows = [line.split() for line in self.said("status").splitlines()]
        return {row[0]: row[1] for row in rows}

    def left(self) -> list[str]:
        mounts = Path("/proc/self/mountinfo").read_text()
        return [
            *(" ".join(processes.command(pid)) for pid in processes.marked(self.mark)),
            *(["a mount"] if str(self.folder) in mounts else []),
            *([str(self.folder)] if self.folder.exists() else []),
        ]


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    shell = Shell(tmp_path)
    yield shell
    shell.run("down")
    processes.kill(processes.marked(shell.mark))


def test_a_failover(shell: Shell) -> None:
    """In the background, command by command."""
    doors = [
        word[7:-1] for word in shell.said("up", "--nodes=2", SERVER).split() if word.startswith("http://")
    ]
    assert shell.roles() == {"n1": "primary", "n2": "replica"}
    assert "runs already" in shell.run("up").stderr
    with Client() as visitor:  # one jar: the nodes share a host name
        assert visitor.post_json(doors[1], "/api/notes/", {"title": "x"}).status == 201
        assert shell.said("stop", "n1") == ""
        assert visitor.post_json(doors[1], "/api/notes/", {"title": "y"}).status == 201
        assert shell.roles() == {"n1": "stopped", "n2": "primary"}
        shell.said("start", "n1")
        assert len(visitor.get(doors[0], "/api/notes/").json()["notes"]) == 2
    shell.said("kill", "n1")
    assert "no node 'n9' (n1, n2)" in shell.run("kill", "n9").stderr
    shell.said("down")
    assert shell.left() == []
    assert "There is none" in shell.run("status").stderr


@pytest.mark.parametrize("line", ["n1 starts", "Ctrl-C"])
def test_in_the_foreground(shell: Shell, line: str) -> None:
    """Until Ctrl-C, which reaches the whole foreground group, at any moment."""
    with subprocess.Popen(
        shell.command("--nodes=1"),  # with the server that is picked
        cwd="/",
        env=shell.environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        while line not in (said := process.stdout.readline()):
            assert said, "it ended"
        os.killpg(process.pid, signal.SIGINT)
        assert "nothing is left" in process.stdout.read()
    assert process.returncode == 0
    assert shell.left() == []


@pytest.mark.parametrize(
    ("arguments", "environment", "named"),
    [
        (("up",), {"PATH": "/usr/bin:/bin"}, "consul is not on PATH"),
        (("up", "--nodes=1", SERVER), {"LITEFS_READ_WAIT": "soon"}, "n1 to be ready: it ended"),
    ],
)
def test_what_keeps_it_from_starting(
    shell: Shell, arguments: tuple[str, ...], environment: dict[str, str], named: str
) -> None:
    done = shell.run(*arguments, **environment)
    assert done.returncode == 1
    assert named in done.stderr
    assert processes.marked(shell.mark) == []
