"""What `bin/demo` runs: three nodes of the notes site, and what the README promises seen happening."""

from __future__ import annotations

import argparse
import hashlib
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from .addresses import free_network
from .client import Client
from .cluster import CONSUL_PROGRAM, SITE, Cluster
from .history import Outcome, judge
from .load import NOTES, Writers, stored_tokens, write_note
from .node import Node
from .processes import MARK

UPLOAD_BYTES = 20_000_000
HANDOFFS = 3
HANDOFF_PAUSE = 1.0  # seconds of writing before each one
PASSWORD = "notes"


class NotSeenError(Exception):
    """One of the promises was not kept in this run."""


def expect(seen: bool, otherwise: str) -> None:
    if not seen:
        raise NotSeenError(otherwise)


def say(line: str = "") -> None:
    print(line, flush=True)


def step(title: str, run: Callable[[], str]) -> None:
    """One line when it begins, one with what was seen."""
    bold, green, plain = ("\x1b[1m", "\x1b[32m", "\x1b[0m") if sys.stdout.isatty() else ("", "", "")
    say(f"\n{bold}{title}{plain}")
    say(f"  {green}✓{plain} {run()}")


def post_at_replica(cluster: Cluster) -> str:
    replica, other = cluster.replicas[:2]
    with Client() as visitor:
        token = secrets.token_hex(8)
        answer = visitor.post_json(
            replica.front, NOTES, {"title": f"Written at {replica.name}", "token": token}
        )
        expect(answer.status == 201, f"POST at {replica.name}: {answer.status} {answer.text[:200]}")
        read = visitor.get(other.front, f"{NOTES}?token={token}")
        found = len(read.json()["notes"])
        expect(found == 1, f"{other.name} showed the note {found} times")
    return (
        f"asked {replica.name} (replica): {answer.served_by[0]} (primary) answered 201 "
        f"in {answer.seconds * 1000:.0f} ms; "
        f"{read.served_by[0]} (replica) showed the note {read.seconds * 1000:.0f} ms later"
    )


def get_that_writes(cluster: Cluster) -> str:
    replica = cluster.replicas[0]
    with Client() as visitor:
        first, second = (visitor.get(replica.front, "/visits/") for _ in range(2))
    counts = [int(a.text.partition('id="count">')[2].partition("<")[0] or -1) for a in (first, second)]
    expect(first.status == second.status == 200, f"GET /visits/: {first.status}, {second.status}")
    expect(counts[1] == counts[0] + 1, f"counted {counts}")
    where = second.served_by[0]
    return f"GET /visits/ twice at {replica.name}: counted {counts[0]}, then {counts[1]}, on {where}"


def upload(cluster: Cluster) -> str:
    replica = cluster.replicas[-1]
    content = secrets.token_bytes(UPLOAD_BYTES)
    with Client() as visitor:
        answer = visitor.post_file(replica.front, "/attachments/", "random.bin", content)
        expect(answer.status == 302, f"upload: {answer.status} {answer.text[:200]}")
        stored = visitor.get(replica.front, "/api/attachments/").json()["attachments"][0]
    expect(stored["sha256"] == hashlib.sha256(content).hexdigest(), f"another content arrived: {stored}")
    return f"20 MB through {replica.name} to {answer.served_by[0]} in {answer.seconds:.1f} s, same SHA-256"


def handoffs(cluster: Cluster) -> str:
    held = []
    with Writers(cluster.nodes) as writers:
        for _ in range(HANDOFFS):
            time.sleep(HANDOFF_PAUSE)
            held.append(cluster.hand_off(cluster.replicas[0]))
        time.sleep(HANDOFF_PAUSE)
    cluster.wait_settled()
    verdict = judge(writers.attempts, stored_tokens(cluster.primary))
    failures = [a.detail for a in writers.attempts if a.outcome is not Outcome.OK]
    expect(verdict.right and not verdict.failed, f"{verdict} {failures[:3]}")
    times = ", ".join(f"{ms:.0f}" for ms in held)
    return (
        f"{HANDOFFS} handoffs (writes held {times} ms) under 8 writers: "
        f"{verdict.acknowledged} writes acknowledged, {verdict.failed} failed, "
        f"{len(verdict.lost)} lost, {len(verdict.duplicates)} twice; "
        f"longest wait {verdict.longest * 1000:.0f} ms"
    )


def show(cluster: Cluster) -> None:
    step("A POST at a replica, and a read at another one", lambda: post_at_replica(cluster))
    step("A GET that writes", lambda: get_that_writes(cluster))
    step("An upload of 20 MB through a replica", lambda: upload(cluster))
    step("The primary changes hands while everybody writes", lambda: handoffs(cluster))


def wait_for_interrupt() -> None:
    say("\nCtrl-C stops everything and leaves nothing behind.")
    while True:
        signal.pause()


def run_cluster(once: bool) -> None:
    say("Starting Consul and three nodes: each is LiteFS, litefs-proxy and gunicorn with the notes site.")
    started = time.monotonic()
    with Cluster(network=free_network("127.0.0")) as cluster:
        say(f"  ready after {time.monotonic() - started:.1f} s; {cluster.primary.name} is the primary")
        show(cluster)
        if once:
            cluster.stop()
            expect(not (left := cluster.leftovers()), f"left behind: {left}")
            say("\nStopped; nothing left behind.")
            return
        done = cluster.primary.manage(
            "createsuperuser",
            "--noinput",
            "--username=notes",
            "--email=notes@example.com",
            DJANGO_SUPERUSER_PASSWORD=PASSWORD,
        )
        expect(done.returncode == 0, f"createsuperuser: {done.stderr}")
        say(f"\nThe site (admin: notes / {PASSWORD}):")
        for node in cluster.nodes:
            say(f"  http://{node.front}/   {node.name}, {node.role()}")
        wait_for_interrupt()


def run_single(once: bool, why: str) -> None:
    say(f"{why}: running one node on a plain SQLite file instead of three on LiteFS.")
    folder = Path(tempfile.mkdtemp(prefix="litefs-demo-"))
    secret = secrets.token_urlsafe(40)
    environment = {"NOTES_DEBUG": "0", "NOTES_SECRET_KEY": secret, "LITEFS_ENABLED": "0", MARK: folder.name}
    node = Node("n0", "127.0.0.1", folder, SITE, environment)
    try:
        node.start()
        node.wait_ready()
        with Client() as visitor:
            written = write_note(visitor, node)
            expect(written.outcome is Outcome.OK, written.detail)
            expect(written.token in stored_tokens(node), "the note is not there")
        say("  ✓ a note written through litefs-proxy is there")
        if once:
            node.stop()
            return
        say(f"\nThe site: http://{node.front}/")
        wait_for_interrupt()
    finally:
        node.clean_up()
        shutil.rmtree(folder, ignore_errors=True)


def missing_for_cluster() -> str:
    """Why this machine cannot run LiteFS, or ""."""
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "/dev/fuse is not there or not ours to use"
    if os.geteuid() != 0:
        return "Not root, which mounting needs"
    if not CONSUL_PROGRAM.exists():
        return "No Consul (bin/setup builds it)"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="exit when all was seen; 0 only if it was")
    once = parser.parse_args().once
    for number in (signal.SIGINT, signal.SIGTERM):  # also where a shell's background job ignores them
        signal.signal(number, signal.default_int_handler)
    why_single = missing_for_cluster()
    try:
        if why_single:
            run_single(once, why_single)
        else:
            run_cluster(once)
    except KeyboardInterrupt:
        say("\nStopped; nothing left behind.")
        return 0 if not once else 130
    except NotSeenError as error:
        say(f"  ✗ {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
