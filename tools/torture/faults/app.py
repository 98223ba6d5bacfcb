"""The app server dies, whole or in part."""

from __future__ import annotations

from tools.cluster import processes, until

from ..scene import Fault, Scene

APP_AGAIN_WITHIN = 30.0
GIVES_UP_WITHIN = 60.0
CANNOT_START = ("false",)


def kill_worker(scene: Scene) -> None:
    _, *workers = scene.cluster.primary.app_pids()
    processes.kill([scene.dice.choice(workers)])


def kill_master(scene: Scene) -> None:
    node = scene.cluster.primary
    master, *workers = node.app_pids()
    processes.kill([master])
    processes.wait_gone([master, *workers])
    until(lambda: len(node.app_pids()) > 1, f"the app of {node.name} runs again", APP_AGAIN_WITHIN)


def crash_loop(scene: Scene) -> None:
    """A replica is restarted with an app that ends at once; the supervisor must give up and say so."""
    node = scene.replica()
    node.stop()
    server, node.server = node.server, CANNOT_START
    try:
        node.start()
        code = node.wait_end(GIVES_UP_WITHIN)
    finally:
        node.server = server
    if code == 0:
        raise RuntimeError(f"{node.name} ended with 0 although its app never ran")
    node.start()
    node.wait_ready()


FAULTS = (
    Fault("worker-killed", "SIGKILL to one of the primary's app workers", kill_worker),
    Fault("app-killed", "SIGKILL to the primary's app server, workers and all", kill_master, within=5.0),
    Fault("app-crash-loop", "a replica is started with an app that ends at once, then well", crash_loop),
)
