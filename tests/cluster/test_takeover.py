"""LiteFS's own example of a litefs.yml, with names of this machine, becomes a running node as litefs_config says."""

from __future__ import annotations

import json
import secrets
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.cluster import Client, Node, processes
from tools.cluster.addresses import free_network
from tools.cluster.cluster import CONSUL_PROGRAM, ROOT, SITE
from tools.cluster.consul import Consul
from tools.cluster.node import TARGET_PORT
from tools.cluster.wait import until

pytestmark = pytest.mark.integration

EXAMPLE = ROOT / "tests" / "python" / "files" / "litefs-example.yml"
WITHIN = 60.0


class Migrated:
    """The file, and the node that was made of it."""

    def __init__(self, folder: Path) -> None:
        self.mark = secrets.token_hex(8)
        network = free_network()
        self.node = Node(f"{network}.10", f"{network}.10", folder, SITE, {processes.MARK: self.mark})
        self.consul = Consul(CONSUL_PROGRAM, f"{network}.2", folder / "consul.log", self.mark)
        self.trace = folder / "trace.log"
        self.file = folder / "litefs.yml"
        self.process: subprocess.Popen[bytes] | None = None

    def write_file(self) -> None:
        text = EXAMPLE.read_text()
        for theirs, ours in (
            ('"/litefs"', f'"{self.node.mount}"'),
            ("/var/lib/litefs", str(self.node.data)),
            ("/var/log/lifefs/trace.log", str(self.trace)),
            (":8080", self.node.front),
            ("localhost:8081", f"{self.node.address}:{TARGET_PORT}"),
            ("my.db", "notes.sqlite3"),
            ("http://myhost:8500", self.consul.url),
            ("myhost", self.node.address),
            ("myapp -addr :8081", "gunicorn notes_site.wsgi"),
        ):
            assert theirs in text, theirs
            text = text.replace(theirs, ours)
        self.file.write_text(text)

    def start(self) -> None:
        """With the printed settings, by the printed command."""
        printed = self.node.manage("litefs_config", "--import", str(self.file)).stdout
        module: dict[str, Any] = {}
        exec(printed, module)
        (command,) = [line for line in printed.splitlines() if line.startswith("# Start with: manage.py ")]
        given = {
            f"LITEFS_{key}": value if isinstance(value, str) else json.dumps(value)
            for key, value in module["LITEFS"].items()
            if not isinstance(value, list)
        }
        given["LITEFS_PASSTHROUGH"] = ",".join(module["LITEFS"]["PASSTHROUGH"])
        base = {key: value for key, value in self.node.full_environment().items() if "LITEFS_" not in key}
        with self.node.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, *shlex.split(command)[3:]],
                cwd=SITE,
                env={**base, **given},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.node.log_tail()
        return self.node.answers("/litefs/ready")


@pytest.fixture
def migrated(tmp_path: Path) -> Iterator[Migrated]:
    migrated = Migrated(tmp_path)
    try:
        migrated.consul.start()
        yield migrated
    finally:
        processes.kill(processes.marked(migrated.mark))
        if migrated.process is not None:
            migrated.process.wait()
        migrated.node.clean_up()
        migrated.consul.stop()


def test_the_example_of_litefs_runs(migrated: Migrated) -> None:
    migrated.write_file()
    migrated.start()
    until(migrated.is_ready, "the node is ready", WITHIN)
    assert migrated.node.role() == "primary"
    with Client() as client:
        assert client.post_json(migrated.node.front, "/api/notes/", {"title": "x"}).status == 201
    assert (migrated.node.mount / "notes.sqlite3").exists()
    assert migrated.trace.exists(), "EXTRA did not reach LiteFS"
    assert migrated.process is not None
    migrated.process.terminate()
    assert migrated.process.wait(30) == 0
