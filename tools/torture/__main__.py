"""What `bin/torture` runs: episodes of load with a fault each; exit 0 only if no promise was broken."""

from __future__ import annotations

import argparse
import random
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from . import faults, report
from .episode import Episode, run
from .kinds import running
from .network import NotIsolatedError, become_router
from .scene import Fault, Scene

CLIENTS = 8
PAUSE = 0.05  # seconds between two requests of a client: load, but not all of the machine
SHOWN = 5  # violations of one episode


def arguments() -> argparse.Namespace:
    names = "\n".join(f"  {fault.name:22} {fault.what}" for fault in faults.ALL.values())
    parser = argparse.ArgumentParser(
        prog="bin/torture", description=__doc__, epilog=f"faults:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=secrets.randbelow(100_000), help="the first one")
    parser.add_argument(
        "--seeds", type=int, default=1, metavar="K", help="episodes of each fault (default: 1)"
    )
    parser.add_argument("--minutes", type=float, metavar="M", help="episodes at random for so long, instead")
    parser.add_argument(
        "--fault", action="append", choices=faults.ALL, metavar="NAME", help="only this; repeatable"
    )
    parser.add_argument("--nodes", type=int, default=3, metavar="N")
    parser.add_argument("--clients", type=int, default=CLIENTS, metavar="N")
    parser.add_argument(
        "--pause", type=float, default=PAUSE, metavar="S", help="seconds between a client's requests"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="all that was counted")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="history and logs of each episode")
    return parser.parse_args()


def plan(options: argparse.Namespace) -> Iterator[tuple[Fault, int]]:
    """Which fault with which seed: those of one kind of cluster after another."""
    chosen = [faults.ALL[name] for name in options.fault or faults.ALL]
    if options.minutes:
        dice, deadline = random.Random(options.seed), time.monotonic() + options.minutes * 60
        seed = options.seed
        while time.monotonic() < deadline:
            yield dice.choice(chosen), seed
            seed += 1
        return
    for fault in sorted(chosen, key=lambda f: f.kind):
        for seed in range(options.seed, options.seed + options.seeds):
            yield fault, seed


def episodes(options: argparse.Namespace) -> Iterator[Episode]:
    """One cluster for all, as long as it is of the right kind and well."""
    with ExitStack() as stack:
        scene, kind = None, ""
        for number, (fault, seed) in enumerate(plan(options)):
            if scene is None or fault.kind != kind:
                stack.close()
                kind = fault.kind
                cluster, network = stack.enter_context(running(kind, options.nodes))
                scene = Scene(cluster, network, random.Random())
            episode = run(scene, fault, f"e{number}", seed, options.clients, options.pause)
            if options.keep:
                episode.keep(options.keep / f"{fault.name}-{seed}", scene.cluster.nodes)
            if episode.broken:
                scene = None
            yield episode


def main() -> int:
    options = arguments()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        become_router()
    except NotIsolatedError as error:
        print(error, file=sys.stderr)
        return 2
    done: list[Episode] = []
    print(f"seed {options.seed}", flush=True)
    try:
        for episode in episodes(options):
            done.append(episode)
            print(report.line(episode), flush=True)
            for what in [*episode.measured, *episode.violations[:SHOWN]]:
                print(f"    {what}", flush=True)
    except KeyboardInterrupt:
        print("interrupted")
    if done:
        print(f"\n{report.table(done)}")
    if options.json:
        report.save(options.json, options.seed, done)
    return 1 if not done or any(e.violations for e in done) else 0


if __name__ == "__main__":
    sys.exit(main())
