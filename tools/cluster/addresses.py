"""Loopback addresses for one cluster: a random 127.a.b.0/24, so that clusters on one machine do not meet."""

from __future__ import annotations

import random
import socket

ATTEMPTS = 50
PROBE_PORT = 8081


def free_network(preferred: str | None = None) -> str:
    """The first three numbers of the addresses ("127.83.12") of a network that nobody listens on."""
    for _ in range(ATTEMPTS):
        network = preferred or f"127.{random.randint(16, 250)}.{random.randint(1, 250)}"
        preferred = None
        with socket.socket() as probe:
            probe.setsockopt(
                socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
            )  # connections that ended lately do not count
            try:
                probe.bind((f"{network}.10", PROBE_PORT))
            except OSError:
                continue
        return network
    raise RuntimeError(f"no free loopback network found in {ATTEMPTS} attempts")
