"""A stand-in for Fly's proxy, which only exists on Fly: it balances over machines and replays what they ask it to.

It keeps the rules: `fly-replay: instance=<id>;timeout=…;fallback=…`, `fly-replay-src` on what is replayed, at
most ten replays, nothing over 1 MB, and a fallback that brings the request back once with `fly-replay-failed`.
"""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .node import Node

REPLAYS_MAX = 10
BODY_MAX = 1_000_000
FORCED = "fly-force-instance-id"  # of a request: the machine to begin with
TIMEOUT = 60.0
NOT_PASSED_ON = ("connection", "keep-alive", "transfer-encoding", "content-length", "te", "upgrade")


@dataclass(frozen=True)
class Replay:
    method: str
    path: str
    source: str
    wanted: str


@dataclass(frozen=True)
class Reply:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class FlyEdge:
    """Serves at `front`, as a context manager. Each node is a machine whose id is its name."""

    def __init__(self, nodes: Sequence[Node], address: str) -> None:
        self.replays: list[Replay] = []
        self.unreachable: set[str] = set()  # machines that Fly's proxy cannot connect to
        self.misrouted: dict[str, str] = {}  # a replay for the one machine gets to the other
        self._address = address
        self._machines = {node.name: node for node in nodes}
        self._turns = itertools.cycle(self._machines)
        edge = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                reply = edge.route(self.command, self.path, list(self.headers.items()), body)
                self.send_response(reply.status)
                for name, value in reply.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            do_GET = do_POST = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer((address, 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="fly-edge")

    @property
    def front(self) -> str:
        return f"{self._address}:{self._server.server_address[1]}"

    def __enter__(self) -> FlyEdge:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def route(self, method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> Reply:
        forced = {name.lower(): value for name, value in headers}.get(FORCED)
        machine = forced or next(self._turns)
        sent = [
            *(
                (n, v)
                for n, v in headers
                if n.lower() not in NOT_PASSED_ON and not n.lower().startswith("fly-")
            ),
            ("Fly-Client-IP", "203.0.113.9"),
            ("Fly-Region", "ams"),
            ("X-Forwarded-For", "203.0.113.9"),
            ("X-Forwarded-Proto", "https"),
        ]
        added: list[tuple[str, str]] = []
        for _ in range(REPLAYS_MAX + 1):
            reply = self._send(machine, method, path, [*sent, *added], body)
            asked = {name.lower(): value for name, value in reply.headers}.get("fly-replay")
            if asked is None:
                return reply
            if len(body) > BODY_MAX or any(name == "fly-replay-failed" for name, _ in added):
                return Reply(502, [], b"this request cannot be replayed\n")
            terms = dict(term.split("=", 1) for term in asked.split(";"))
            self.replays.append(Replay(method, path, machine, terms["instance"]))
            source, machine = machine, self.misrouted.get(terms["instance"], terms["instance"])
            added = [("fly-replay-src", f"instance={source};region=ams;t={time.time_ns() // 1000}")]
            if machine not in self._machines or machine in self.unreachable:
                if terms.get("fallback") not in ("prefer_self", "force_self"):
                    return Reply(502, [], b"the machine cannot be reached\n")
                added = [("fly-replay-failed", f"instance={machine};reason=unreachable")]
                machine = source
        return Reply(502, [], b"too many replays\n")

    def _send(
        self, machine: str, method: str, path: str, headers: list[tuple[str, str]], body: bytes
    ) -> Reply:
        connection = http.client.HTTPConnection(
            self._machines[machine].front, timeout=TIMEOUT, source_address=(self._address, 0)
        )
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            if body or method not in ("GET", "HEAD"):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        kept = [(n, v) for n, v in response.headers.items() if n.lower() not in NOT_PASSED_ON]
        return Reply(response.status, kept, content)
