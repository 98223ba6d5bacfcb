"""What a crash of the primary's machine loses, by how its writes were acknowledged, and what each way costs.

`bin/bench acknowledged`: real nodes, and a relay in front of each one's LiteFS that delays replication. A seed says
when the primary is killed, with all that is under way to its replicas; the next primary then tells what it has.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.cluster import Attempt, Client, Cluster, Node, Outcome, Writers, judge, stored_tokens, until
from tools.cluster.load import NOTES, REPLICATED_NOTES, write_note
from tools.cluster.relay import Relay, at_a_distance

DELAY_S = 0.1
SEEDS = 25
REPLICATED_WRITERS, LOCAL_WRITERS = 16, 4
PAUSE_S = 0.01
REPLICATED_MIN, LOCAL_MIN = 400, 50  # acknowledged before the primary is killed
LOADED_WITHIN_S = 60.0
JITTER_S = 0.2
NEW_PRIMARY_WITHIN_S = 40.0
COST_WRITES = 200
READERS = 4
WARM_UP = 20


@dataclass
class Crash:
    """One of them; rows acknowledged before, and those of them that the next primary has not got."""

    seed: int
    replicated: int
    replicated_lost: int
    local: int
    local_lost: int
    unconfirmed: int  # answers of the replicated view that said `no`
    elected_s: float


@dataclass
class Cost:
    """Of a write at the primary, in milliseconds."""

    acknowledged: str
    delay_ms: float
    readers: int  # at the replicas, without a pause
    p50: float
    p95: float


def crash(cluster: Cluster, relays: dict[str, Relay], seed: int, rows: int = REPLICATED_MIN) -> Crash:
    """Under load, at the worst moment: a local write has just been acknowledged. The primary of before stays dead."""
    dice = random.Random(seed)
    cluster.wait_settled()
    doomed, survivors = cluster.primary, cluster.replicas
    base = newest(doomed)
    with ExitStack() as stack:
        replicated = Writers(cluster.nodes, REPLICATED_WRITERS, PAUSE_S, REPLICATED_NOTES)
        local = Writers(cluster.nodes, LOCAL_WRITERS, PAUSE_S, NOTES)
        for writers in (replicated, local):
            stack.enter_context(writers)
        until(
            lambda: len(kept(replicated)) >= rows and len(kept(local, "")) >= LOCAL_MIN,
            "load",
            LOADED_WITHIN_S,
        )
        time.sleep(dice.uniform(0, JITTER_S))
        before = len(kept(local, ""))
        while len(kept(local, "")) == before:
            time.sleep(0.001)
        doomed.freeze()
        for relay in relays.values():
            relay.cut()
        doomed.kill()
        at = time.monotonic()
        for relay in relays.values():
            relay.heal()
        cluster.consul.end_lease(cluster.lease_key)
        heir = until(
            lambda: next((n for n in survivors if n.role() == "primary"), None), "a primary",
            NEW_PRIMARY_WITHIN_S,
        )  # fmt: skip
        elected = time.monotonic() - at
    stored = stored_tokens(heir, base)
    first, second = judge(kept(replicated), stored), judge(kept(local, ""), stored)
    said_no = len(kept(replicated, "no"))
    return Crash(
        seed, first.acknowledged, len(first.lost), second.acknowledged, len(second.lost), said_no, elected
    )


def kept(writers: Writers, replicated: str = "all") -> list[Attempt]:
    """Those of its writes that were acknowledged in that way."""
    return [a for a in [*writers.attempts] if a.outcome is Outcome.OK and a.replicated == replicated]


def revive(cluster: Cluster) -> None:
    for node in cluster.nodes:
        if not node.role():
            node.start()
    cluster.wait_settled()


def newest(node: Node) -> int:
    with Client() as client:
        return int(client.get(node.front, f"{NOTES}?client=nobody").json()["newest"])


def cost(cluster: Cluster, relays: dict[str, Relay], delay: float, readers: int = 0) -> list[Cost]:
    """One client at the primary, one write after another, the two ways by turns."""
    for relay in relays.values():
        relay.delay = delay
    primary, seconds = cluster.primary, dict[str, list[float]](local=[], all=[])
    with Client() as client, reading(cluster.replicas, readers):
        for number in range(WARM_UP + COST_WRITES):
            for how, path in (("local", NOTES), ("all", REPLICATED_NOTES)):
                attempt = write_note(client, primary, path)
                assert attempt.outcome is Outcome.OK, attempt
                assert (attempt.replicated or "local") == how, attempt
                if number >= WARM_UP:
                    seconds[how].append(attempt.seconds)
    return [
        Cost(how, delay * 1e3, readers, *(1e3 * q for q in spread(taken))) for how, taken in seconds.items()
    ]


@contextmanager
def reading(nodes: Sequence[Node], count: int) -> Iterator[None]:
    """As many threads that ask these nodes for a page of notes again and again."""
    over = threading.Event()

    def read(node: Node) -> None:
        with Client() as client:
            while not over.is_set():
                client.get(node.front, NOTES)

    threads = [threading.Thread(target=read, args=(nodes[n % len(nodes)],)) for n in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def spread(taken: Sequence[float]) -> tuple[float, float]:
    return statistics.median(taken), statistics.quantiles(taken, n=20)[18]


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/bench acknowledged", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first one")
    parser.add_argument(
        "--seeds", type=int, default=SEEDS, metavar="K", help="crashes (default: %(default)s)"
    )
    parser.add_argument("--nodes", type=int, default=3, metavar="N")
    parser.add_argument("--delay", type=float, default=DELAY_S * 1e3, metavar="MS", help="of replication")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all that was counted")
    options = parser.parse_args()
    delay = options.delay / 1e3
    cluster = Cluster(options.nodes)
    crashes: list[Crash] = []
    with at_a_distance(cluster, 0.0) as relays, cluster:
        ways = ((0.0, 0), (0.0, READERS), (delay, 0))
        costs = [each for way, readers in ways for each in cost(cluster, relays, way, readers)]
        print("| acknowledged | replication delay | readers | p50 | p95 |\n" + "| --- " * 5 + "|")
        for c in costs:
            spreads = f"{c.p50:.1f} ms | {c.p95:.1f} ms"
            print(f"| {c.acknowledged} | {c.delay_ms:g} ms | {c.readers} | {spreads} |", flush=True)
        print("\n| seed | replicated | lost | local | lost | said no | new primary |\n" + "| --- " * 7 + "|")
        for seed in range(options.seed, options.seed + options.seeds):
            found = crash(cluster, relays, seed)
            crashes.append(found)
            revive(cluster)
            print(
                f"| {seed} | {found.replicated} | {found.replicated_lost} | {found.local} | {found.local_lost} "
                f"| {found.unconfirmed} | {found.elected_s:.1f} s |",
                flush=True,
            )
    total = {
        name: sum(getattr(c, name) for c in crashes)
        for name in ("replicated", "replicated_lost", "local", "local_lost", "unconfirmed")
    }
    print(f"\n{len(crashes)} crashes: {total}")
    if options.json:
        kept = {"costs": list(map(asdict, costs)), "crashes": list(map(asdict, crashes)), "total": total}
        options.json.write_text(json.dumps(kept, indent=1))
    return 1 if total["replicated_lost"] else 0


if __name__ == "__main__":
    sys.exit(main())
