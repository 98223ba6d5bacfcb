"""Somebody on the network between nodes sends again what he heard, as it was or with changes."""

from __future__ import annotations

import re
import socket
import time

from tools.cluster.node import FRONT_PORT

from ..scene import Fault, Scene

SIGNED_WRITE = re.compile(
    rb"POST /api/notes/ HTTP/1\.1\r\n(?:[^\r\n]+\r\n)*?litefs-hop:.*?\r\n\r\n", re.I | re.S
)
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
CHANGES = (
    ("as it was", b"", b""),
    ("with another body", b'"at n', b'"AT N'),
    ("to another target", b"POST /api/notes/ ", b"POST /api/notes "),
    ("as another method", b"POST ", b"PUT "),
)
ALL_PROTOCOLS = 0x0003
HEARD = 5
LISTENS_FOR = 20.0
ANSWERED_WITHIN = 30.0


def overhear(address: str) -> list[bytes]:
    """Whole signed writes on their way to `address`, which runs through this namespace."""
    found: list[bytes] = []
    deadline = time.monotonic() + LISTENS_FOR
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ALL_PROTOCOLS)) as ear:
        ear.settimeout(1.0)
        while len(found) < HEARD and time.monotonic() < deadline:
            try:
                packet = ear.recv(1 << 16)
            except TimeoutError:
                continue
            head = SIGNED_WRITE.search(packet)
            if head is None or packet[16:20] != socket.inet_aton(address):
                continue
            length = LENGTH.search(head[0])
            whole = head.end() + int(length[1]) if length else 0
            if whole and len(packet) == whole and packet[head.start() :] not in found:
                found.append(packet[head.start() :])
    return found


def send_again(address: str, request: bytes) -> bytes:
    """The first line of the answer and its fields."""
    with socket.create_connection((address, FRONT_PORT), ANSWERED_WITHIN) as connection:
        connection.sendall(request)
        return connection.recv(1 << 16).partition(b"\r\n\r\n")[0]


def replay(scene: Scene) -> None:
    primary = scene.cluster.primary
    heard = overhear(primary.address)
    if not heard:
        raise RuntimeError(f"no signed write was heard within {LISTENS_FOR:g} s")
    for request in heard:
        for how, old, new in CHANGES:
            answer = send_again(primary.address, request.replace(old, new, 1))
            if not answer.startswith(b"HTTP/1.1 503") or b"litefs-not-executed" not in answer.lower():
                raise RuntimeError(f"a signed write sent again {how} was not refused: {answer!r}")
    scene.measured.append(
        f"{len(heard)} signed writes overheard, each sent again in {len(CHANGES)} ways: all refused"
    )


FAULTS = (Fault("replayed", "signed writes between nodes are overheard and sent again", replay),)
