"""Two gigabytes up and down through two proxies: what their memory grows by."""

from __future__ import annotations

import hashlib
import http.client
import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from bench.fronts import Front, litefs_proxy
from bench.report import Goal, Row
from bench.usage import memory_kib
from tools.cluster.addresses import free_network
from tools.cluster.cluster import ROOT

SIZE = 2 * 2**30
BLOCK = bytes(range(256)) * 4096
LOOK_EVERY_S = 0.05
TIMEOUT = 600.0
GROWTH = Goal(16.0, 4.0, of="ours")


def rows(folder: Path, program: Path) -> list[Row]:
    network = free_network()
    app, near, far = (f"{network}.{host}:8000" for host in (10, 11, 12))
    serve = [
        sys.executable,
        "-m",
        "uvicorn",
        "tools.cluster.stream_app:app",
        f"--app-dir={ROOT}",
        "--log-level=warning",
    ]
    host, _, port = app.rpartition(":")
    unlimited = {"limits": {"body": 0}}
    fronts = [
        Front("app", app, [*serve, f"--host={host}", f"--port={port}"], 1, folder),
        litefs_proxy("near", near, app, 0, folder, program, cluster=unlimited),
        litefs_proxy("far", far, near, 0, folder, program, cluster=unlimited),
    ]
    with ExitStack() as running:
        for front in fronts:
            front.start()
            running.callback(front.stop)
        _download(far, len(BLOCK))  # what is allocated once
        return [
            _growth("upload", fronts[1:], lambda: _upload(far)),
            _growth("download", fronts[1:], lambda: _download(far, SIZE)),
        ]


def _growth(what: str, fronts: list[Front], transfer: Callable[[], None]) -> Row:
    """The worse of both proxies."""
    before = [memory_kib(front.pids(), "VmRSS") for front in fronts]
    most = list(before)
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_EVERY_S):
            for number, front in enumerate(fronts):
                most[number] = max(most[number], memory_kib(front.pids(), "VmRSS"))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        transfer()
    finally:
        over.set()
        watcher.join()
    grown = max(peak - start for peak, start in zip(most, before, strict=True))
    return Row(f"memory that a proxy grows by in a {what} of 2 GiB", "MiB", None, grown / 1024, None, GROWTH)


def _upload(front: str) -> None:
    heard = hashlib.sha256()

    def blocks() -> Iterator[bytes]:
        for _ in range(SIZE // len(BLOCK)):
            heard.update(BLOCK)
            yield BLOCK

    connection = http.client.HTTPConnection(front, timeout=TIMEOUT)
    connection.request("POST", "/upload", body=blocks(), headers={"Content-Length": str(SIZE)})
    size, digest = json.loads(connection.getresponse().read())
    if (size, digest) != (SIZE, heard.hexdigest()):
        raise ValueError("the app received something else")


def _download(front: str, size: int) -> None:
    connection = http.client.HTTPConnection(front, timeout=TIMEOUT)
    connection.request("GET", f"/download?size={size}")
    answer, received = connection.getresponse(), 0
    while piece := answer.read(len(BLOCK)):
        received += len(piece)
    if received != size:
        raise ValueError(f"{received} bytes of {size}")
