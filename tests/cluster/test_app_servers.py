"""What app servers need of a proxy: nobody refused, in order, no worker blocked, also while they boot."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tools.cluster import Answer, Client
from tools.cluster.front import Front, free_port

pytestmark = pytest.mark.integration

SITES = Path(__file__).parent / "sites"
BOOT = 1.5  # seconds that the app's import takes
WORK = 0.05  # seconds of each request
SERVERS = {
    "gunicorn-sync": (["gunicorn", "plain_app:wsgi", "--workers=2", "--bind={target}"], 2),
    "gunicorn-gthread": (["gunicorn", "plain_app:wsgi", "--workers=2", "--threads=2", "--bind={target}"], 4),
    "uvicorn": (["uvicorn", "plain_app:asgi", "--host={host}", "--port={port}"], 4),
    "granian": (
        ["granian", "--interface=wsgi", "--workers=2", "--host={host}", "--port={port}", "plain_app:wsgi"],
        2,
    ),
}
# The same by unix socket, where the server has one.
UNIX_SERVERS = {
    "gunicorn-sync-unix": (["gunicorn", "plain_app:wsgi", "--workers=2", "--bind={target}"], 2),
    "uvicorn-unix": (["uvicorn", "plain_app:asgi", "--uds={path}"], 4),
}


@pytest.fixture(params=[*SERVERS, *UNIX_SERVERS])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Front, int]]:
    """A front door whose app has just been started, and how many requests the app runs at a time."""
    command, at_once = (SERVERS | UNIX_SERVERS)[request.param]
    port, path = free_port(), tmp_path / "app.sock"
    target = f"unix:{path}" if request.param in UNIX_SERVERS else f"127.0.0.1:{port}"
    words = [word.format(target=target, host="127.0.0.1", port=port, path=path) for word in command]
    app = {"name": "app", "cmd": words, "cwd": str(SITES), "env": {"PLAIN_APP_IMPORT": str(BOOT)}}
    limits = {"target-connections": at_once}
    front = Front(
        tmp_path,
        {"addr": f"127.0.0.1:{free_port()}", "target": target, "threads": 2, "limits": limits, "exec": [app]},
    )
    with front.running():
        yield front, at_once


def ask(front: Front, path: str = f"/sleep/{WORK}") -> Answer:
    with Client(timeout=30) as client:
        return client.get(front.config["addr"], path)


def test_held_while_it_boots_and_in_order_with_ten_times_its_clients(served: tuple[Front, int]) -> None:
    front, at_once = served
    clients = 10 * at_once
    with ThreadPoolExecutor(clients) as pool:
        held = list(pool.map(lambda _: ask(front), range(clients)))
        assert [answer.status for answer in held] == [200] * clients
        assert max(answer.seconds for answer in held) > BOOT / 3, "none was there before the app"

        arrivals: list[float] = []
        answers = []
        for _ in range(clients):
            arrivals.append(time.monotonic())
            answers.append(pool.submit(ask, front))
            time.sleep(0.005)  # so that the order of arrival is known: not a wait for anything
        began = [answer.result().json()["began"] for answer in answers]
    # Who came `at_once` places later never began first.
    overtaken = [i for i in range(clients) if any(later < began[i] for later in began[i + at_once :])]
    assert overtaken == []


def test_idle_connections_block_no_worker(served: tuple[Front, int]) -> None:
    front, at_once = served
    idle = [Client(timeout=30) for _ in range(4 * at_once)]
    try:
        with ThreadPoolExecutor(len(idle)) as pool:
            list(pool.map(lambda client: client.get(front.config["addr"], "/"), idle))
        started = time.monotonic()
        assert [ask(front, "/").status for _ in range(2 * at_once)] == [200] * (2 * at_once)
        assert (
            time.monotonic() - started < 1.0
        )  # gunicorn's sync workers would wait for 2 s on a kept connection
    finally:
        for client in idle:
            client.close()


@pytest.fixture
def two_targets(tmp_path: Path) -> Iterator[Front]:
    ports = [free_port(), free_port()]
    binds = [f"--bind=127.0.0.1:{port}" for port in ports]
    exec_ = [
        {"name": f"app{i}", "cmd": ["gunicorn", "plain_app:wsgi", "--workers=1", bind], "cwd": str(SITES)}
        for i, bind in enumerate(binds)
    ]
    front = Front(
        tmp_path,
        {
            "addr": f"127.0.0.1:{free_port()}",
            "target": [f"127.0.0.1:{port}" for port in ports],
            "limits": {"target-connections": 1},
            "exec": exec_,
        },
    )
    with front.running():
        yield front


def test_two_targets_share_the_work_and_stand_in_for_each_other(two_targets: Front) -> None:
    front = two_targets
    pids: set[int] = set()
    lock = threading.Lock()

    def work(_: int) -> int:
        answer = ask(front)
        with lock:
            pids.add(answer.json()["pid"])
        return answer.status

    with ThreadPoolExecutor(8) as pool:
        while len(pids) < 2:
            assert set(pool.map(work, range(16))) == {200}
        front.wait_log("app1 started, pid")
        victim = int(front.log.split("app1 started, pid ")[1].split()[0])
        statuses = pool.map(work, range(100))
        os.kill(victim, signal.SIGKILL)
        failed = [status for status in statuses if status != 200]
    assert len(failed) <= 1, failed  # what the killed one ran: 502, outcome unknown
