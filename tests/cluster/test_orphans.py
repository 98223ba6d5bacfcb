"""Processes whose parent ended: reaped by litefs-proxy as PID 1, and ended when it is litefs-proxy that died."""

from __future__ import annotations

import os
import signal
import subprocess
import sysconfig
from pathlib import Path

import pytest
import yaml

from tools.cluster import Client, Cluster, Node, processes, until
from tools.cluster.front import free_port

pytestmark = pytest.mark.integration

WITHIN = 60.0
PROXY = Path(sysconfig.get_path("scripts"), "litefs-proxy")
ORPHANS = 20
PID_1 = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child=KILL")
APP = f'for i in $(seq {ORPHANS}); do (sleep 0.1 &); done; touch "$LEFT"; exec sleep 1000'


def test_none_stays_as_a_zombie_of_pid_1(tmp_path: Path) -> None:
    left, file = tmp_path / "left", tmp_path / "litefs-proxy.yml"
    app = {"name": "app", "cmd": ["sh", "-c", APP], "env": {"LEFT": str(left)}}
    addresses = {"addr": f"127.0.0.1:{free_port()}", "target": f"127.0.0.1:{free_port()}"}
    file.write_text(yaml.safe_dump({**addresses, "exec": [app]}))
    with subprocess.Popen([*PID_1, PROXY, "run", "--config", file]) as unshare:
        try:
            until(left.exists, "all have lost their parent", WITHIN)

            def names() -> list[str]:
                commands = [processes.command(pid) or [""] for pid in processes.descendants(unshare.pid)]
                return [os.path.basename(words[0]) for words in commands]

            until(lambda: names() == ["litefs-proxy", "sleep"], "nothing but the app is there", WITHIN)
            proxy = processes.descendants(unshare.pid)[0]
            assert processes.inner_pid(proxy) == 1
            os.kill(proxy, signal.SIGTERM)
            assert unshare.wait(WITHIN) == 0
        finally:
            unshare.kill()


def test_they_end_with_litefs_proxy() -> None:
    """However it dies; the next start finds a free node."""
    with Cluster(1) as cluster:
        node = cluster.nodes[0]
        tree = processes.descendants(node.pid)
        assert node.litefs_pid() in tree
        os.kill(node.pid, signal.SIGKILL)
        assert node.wait_end() == -signal.SIGKILL
        processes.wait_gone(tree, WITHIN)
        node.start()
        node.wait_ready()
        assert writes(node)


def writes(node: Node) -> bool:
    with Client() as client:
        return client.post_json(node.front, "/api/notes/", {"title": "x"}).status == 201
