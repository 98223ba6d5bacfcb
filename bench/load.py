"""The load generator: wrk with one kind of request, on a core of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

SCRIPT = Path(__file__).parent / "load.lua"
ENDS_WITHIN_S = 20.0  # beyond the time it was given

# What a browser sends with a click: with the request line and Host 525 bytes.
BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.5",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Referer": "http://127.0.0.1:8081/notes/?page=2",
    "Cookie": "csrftoken=Xq3vJ0o1kB7aTq9ZrYw2Lm5Nc8Ed4FgH; sessionid=k3jv0qo1xz7aTq9ZrYw2Lm5Nc8Ed4FgHs1",
    "Upgrade-Insecure-Requests": "1",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
}


@dataclass(frozen=True)
class Case:
    what: str
    path: str = "/"
    kind: str = "get"
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def arguments(self, address: str, connections: int, seconds: int, extra: Mapping[str, str]) -> list[str]:
        headers = [f"-H{name}: {value}" for name, value in {**self.headers, **extra}.items()]
        return [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            f"-s{SCRIPT}",
            *headers,
            f"http://{address}{self.path}",
            "--",
            self.kind,
        ]


CASES = {
    "get": Case("GET 1 KiB"),
    "browser": Case("GET 1 KiB, head of 525 bytes", headers=BROWSER),
    "post": Case("POST 1 KiB", kind="post"),
    "large": Case("GET 64 KiB", path="/64k"),
    "close": Case("GET 1 KiB, a connection each", headers={"Connection": "close"}),
}


class LoadFailedError(Exception):
    """Requests failed, or wrk did."""


@dataclass(frozen=True)
class Load:
    """What wrk saw."""

    requests: int
    seconds: int
    p50_us: float
    p99_us: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def parse(printed: str) -> Load:
    lines = [line for line in printed.splitlines() if line.startswith("{")]
    if not lines:
        raise LoadFailedError(f"wrk told no result:\n{printed}")
    found = json.loads(lines[-1])
    if found["failed"] or not found["requests"]:
        raise LoadFailedError(f"of {found['requests']} requests {found['failed']} failed")
    return Load(found["requests"], found["microseconds"] / 1e6, found["p50"], found["p99"])


def run(
    case: Case,
    address: str,
    connections: int,
    seconds: int,
    core: int,
    extra: Mapping[str, str] | None = None,
) -> Load:
    command = case.arguments(address, connections, seconds, extra or {})
    done = subprocess.run(
        ["taskset", "-c", str(core), *command],
        capture_output=True,
        text=True,
        timeout=seconds + ENDS_WITHIN_S,
        check=False,
    )
    if done.returncode:
        raise LoadFailedError(f"wrk ended with {done.returncode}: {done.stderr}")
    return parse(done.stdout)
