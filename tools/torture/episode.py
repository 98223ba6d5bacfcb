"""One episode: load, one fault at a time that the seed decides, healing, more load; then the verdict."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from tools.cluster import Client, Node, NodeFailedError, Outcome, TooLongError, stored_tokens
from tools.cluster.load import NOTES

from . import resources
from .checker import Verdict, Violation, check
from .clients import Load, Session
from .history import Operation, save
from .scene import Fault, Scene
from .workers import Workers

BEFORE = (0.5, 1.5)  # seconds of load until the fault
AFTER = 0.7  # seconds of load when all is well again
GIVEN_UP_AFTER = 60.0  # seconds without a write after healing
BETWEEN_PROBES = 0.05
PROBE_PATIENCE = 30.0


@dataclass
class Episode:
    fault: str
    seed: int
    verdict: Verdict
    injected: float  # time.monotonic()
    healed: float
    back: dict[str, float]  # node: seconds from healing to a write there
    outage: float  # the longest time without any acknowledged write
    measured: list[str]
    broken: bool  # the cluster cannot be used again
    history: list[Operation]

    @property
    def violations(self) -> tuple[Violation, ...]:
        return self.verdict.violations

    def keep(self, folder: Path, nodes: Sequence[Node]) -> None:
        """History and logs, for a closer look."""
        folder.mkdir(parents=True, exist_ok=True)
        save(folder / "history.jsonl", self.history)
        for node in nodes:
            (folder / f"{node.name}.log").write_bytes(node.log.read_bytes())
        lines = [f"injected {self.injected:.3f}", f"healed {self.healed:.3f}", f"back {self.back}"]
        (folder / "violations.txt").write_text("\n".join([*lines, *map(str, self.violations), ""]))


def newest(node: Node) -> int:
    with Client() as client:
        return int(client.get(node.front, f"{NOTES}?client=nobody").json()["newest"])


def run(scene: Scene, fault: Fault, name: str, seed: int, clients: int, pause: float) -> Episode:
    """`name` is new for each episode of a cluster; `scene.dice` are thrown with `seed`."""
    scene.dice.seed(f"{seed} {fault.name}")
    scene.measured.clear()
    nodes = scene.cluster.nodes
    scene.cluster.wait_settled()
    before, base = resources.use(nodes), newest(scene.cluster.primary)
    with ExitStack() as stack:
        load = stack.enter_context(Load(nodes, name, seed, clients, pause))
        workers = stack.enter_context(Workers(nodes, name)) if fault.workers else None
        scene.some(*BEFORE)
        injected = time.monotonic()
        problems = broken_by(fault, scene)
        healed = time.monotonic()
        back = {} if problems else writes_back(nodes, name, healed)
        time.sleep(AFTER)
    broken = bool(problems)
    if late := {node: f"{seconds:.1f} s" for node, seconds in back.items() if seconds > fault.within}:
        problems.append(f"writes back after {late}, promised {fault.within:g} s")
    stored: dict[str, list[str]] = {}
    try:
        scene.cluster.wait_settled()
        stored = {node.name: stored_tokens(node, base) for node in nodes}
        problems += resources.growth(nodes, before)
    except (TooLongError, NodeFailedError, AssertionError) as error:
        problems.append(f"not settled: {error}")
        broken = True
    history = sorted([*load.history, *(workers.history if workers else [])], key=lambda o: o.t_invoke)
    verdict = check(history, stored, fault.rules)
    verdict = replace(verdict, violations=(*verdict.violations, *(Violation("I9", p) for p in problems)))
    measured = list(scene.measured)
    return Episode(
        fault.name, seed, verdict, injected, healed, back, outage(load.history), measured, broken, history
    )


def broken_by(fault: Fault, scene: Scene) -> list[str]:
    """Lets it happen; what did not become whole again."""
    try:
        fault.run(scene)
    except (TooLongError, NodeFailedError, RuntimeError) as error:
        return [f"{fault.name}: {error}"]
    finally:
        scene.network.heal()
    return []


def writes_back(nodes: Sequence[Node], name: str, since: float) -> dict[str, float]:
    """For each node, when a write there succeeded again; GIVEN_UP_AFTER if it did not."""

    def probe(node: Node) -> float:
        session = Session(f"{name}p{node.name}", PROBE_PATIENCE)
        while session.write(node).outcome is not Outcome.OK and time.monotonic() - since < GIVEN_UP_AFTER:
            time.sleep(BETWEEN_PROBES)
        session.close()
        return time.monotonic() - since

    with ThreadPoolExecutor(len(nodes)) as probes:
        return dict(zip((n.name for n in nodes), probes.map(probe, nodes), strict=True))


def outage(history: Iterable[Operation]) -> float:
    acknowledged = sorted(o.t_end for o in history if o.op == "write" and o.outcome is Outcome.OK)
    return max((later - earlier for earlier, later in pairwise(acknowledged)), default=0.0)
