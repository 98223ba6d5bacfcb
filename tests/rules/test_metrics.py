"""What docs/metrics.md lists is what a node shows; dashboard and alerts name nothing else."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

DOCUMENTED = re.compile(r"^\| `(litefs_proxy_\w+)` \| (\w+) \|", re.MULTILINE)
SCRAPED = re.compile(r"^# TYPE (\S+) (\S+)$", re.MULTILINE)
NAMED = re.compile(r"\blitefs_proxy_\w+")
OF_HISTOGRAM = re.compile(r"_(bucket|sum|count)$")

STARTED_WITHIN = 20.0
STOPPED_WITHIN = 20.0


def ask(path: Path, target: str) -> str:
    """The body of an answer that must be 200, over a unix socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(path))
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == 200, target
        return answer.read().decode()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The admin socket of a running node; nobody listens on a port."""
    folder = tmp_path_factory.mktemp("node")
    admin, config = folder / "admin.sock", folder / "litefs-proxy.yml"
    config.write_text(
        f"addr: unix:{folder}/front.sock\ntarget: unix:{folder}/app.sock\nadmin-addr: unix:{admin}\n"
    )
    program = Path(sysconfig.get_path("scripts"), "litefs-proxy")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "run", "--config", config], stdout=log, stderr=log)
    try:
        end = time.monotonic() + STARTED_WITHIN
        while True:
            try:
                ask(admin, "/litefs/ready")
                break
            except (OSError, AssertionError):
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < end, (folder / "log").read_text()
                time.sleep(0.02)
        yield admin
    finally:
        process.terminate()
        try:
            process.wait(STOPPED_WITHIN)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def documented() -> dict[str, str]:
    return dict(DOCUMENTED.findall((Path(__file__).parents[2] / "docs" / "metrics.md").read_text()))


def test_documented_metrics_are_the_real_ones(node: Path, documented: dict[str, str]) -> None:
    assert dict(SCRAPED.findall(ask(node, "/metrics"))) == documented


def test_names_follow_the_conventions(documented: dict[str, str]) -> None:
    for name, kind in documented.items():
        assert (kind == "counter") == name.endswith("_total"), name
        assert kind != "histogram" or name.endswith("_seconds"), name
        assert not re.search(r"(milliseconds|_ms|kilobytes|_kb)\b", name), name


def test_admin_socket_is_private(node: Path) -> None:
    assert node.stat().st_mode & 0o777 == 0o600


def unknown_names(text: str, documented: dict[str, str]) -> set[str]:
    """Metrics in an expression that no node has."""
    base = {n if n in documented else OF_HISTOGRAM.sub("", n) for n in NAMED.findall(text)}
    return base - set(documented)


def test_dashboard_names_what_exists(root: Path, documented: dict[str, str]) -> None:
    dashboard = json.loads((root / "deploy" / "grafana" / "dashboard.json").read_text())
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    expressions = [target["expr"] for panel in panels for target in panel["targets"]]
    assert len(expressions) >= len(panels)
    assert all(NAMED.search(expression) for expression in expressions)
    assert {e: unknown for e in expressions if (unknown := unknown_names(e, documented))} == {}
    queries = [v["query"] for v in dashboard["templating"]["list"] if v["type"] == "query"]
    assert unknown_names(" ".join(queries), documented) == set()
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_alerts_name_what_exists(root: Path, documented: dict[str, str]) -> None:
    groups = yaml.safe_load((root / "deploy" / "prometheus" / "alerts.yml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert rules
    for rule in rules:
        assert unknown_names(rule["expr"], documented) == set(), rule["alert"]
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"]["summary"]
    assert len({rule["alert"] for rule in rules}) == len(rules)
