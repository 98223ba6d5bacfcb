"""What a starting node learns from Consul. A scripted Consul, for answers that a real one does not give at will."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from django_litefs import lease
from django_litefs.settings import Settings, SettingsError

OWN, OTHER = "LFSC0000000000000001", "LFSC0000000000000002"


class ScriptedConsul(HTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.cluster_id = ""
        self.asked: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: ScriptedConsul

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["X-Consul-Token"]))
        body = self.server.cluster_id.encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def consul() -> Iterator[ScriptedConsul]:
    with ScriptedConsul() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def settings(consul: ScriptedConsul, folder: Path, **changed: object) -> Settings:
    values: dict[str, object] = {
        "consul_url": consul.url,
        "consul_key": "litefs/site",
        "data_path": str(folder),
    }
    return Settings(**{**values, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("own", "known", "bootstraps"), [("", "", True), ("", OTHER, False), (OWN, "", False), (OWN, OWN, False)]
)
def test_only_without_any_cluster_a_node_bootstraps(
    consul: ScriptedConsul, tmp_path: Path, own: str, known: str, bootstraps: bool
) -> None:
    consul.cluster_id = known
    if own:
        (tmp_path / "clusterid").write_text(own + "\n")
    assert lease.bootstraps(settings(consul, tmp_path)) is bootstraps


def test_a_foreign_cluster_is_refused(consul: ScriptedConsul, tmp_path: Path) -> None:
    consul.cluster_id = OTHER
    (tmp_path / "clusterid").write_text(OWN)
    with pytest.raises(SettingsError) as refused:
        lease.bootstraps(settings(consul, tmp_path))
    for word in (OWN, OTHER, "litefs/site", str(tmp_path)):
        assert word in str(refused.value)


def test_it_asks_as_litefs_does(consul: ScriptedConsul, tmp_path: Path) -> None:
    """The path of the URL is a prefix, its password the token, as in FLY_CONSUL_URL."""
    url = consul.url.replace("http://", "http://:a%2Ftoken@") + "/site-x/"
    assert lease.bootstraps(settings(consul, tmp_path, consul_url=url))
    assert consul.asked == [("/v1/kv/site-x/litefs/site/clusterid?raw", "a/token")]


def test_without_consul_a_node_with_data_starts_and_an_empty_one_does_not(
    consul: ScriptedConsul, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "EMPTY_NODE_WAITS_S", 0.0)
    gone = settings(consul, tmp_path, consul_url="http://127.0.0.1:1")
    with pytest.raises(SettingsError, match="CONSUL_URL"):
        lease.bootstraps(gone)
    (tmp_path / "clusterid").write_text(OWN)
    assert not lease.bootstraps(gone)
