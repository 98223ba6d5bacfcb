"""One owner for each node: who runs LiteFS holds an flock in DATA_PATH.

`litefs_start` takes it and becomes litefs-proxy, which keeps the descriptor: the lock ends with that process, however
it ends, and no other start of the same node gets in its way meanwhile.
"""

from __future__ import annotations

import os

LOCK_FILE = "owner.lock"


def claim(data_path: str) -> int | None:
    """The lock's descriptor, which stays open over exec; None if somebody else owns the node."""
    import fcntl  # not on Windows, where a node is single and has no owner

    descriptor = os.open(os.path.join(data_path, LOCK_FILE), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    os.truncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    os.set_inheritable(descriptor, True)
    return descriptor


def current(data_path: str) -> str:
    """The process id of the node's owner; '' if it has none. Creates nothing."""
    import fcntl

    try:
        with open(os.path.join(data_path, LOCK_FILE), encoding="ascii", errors="replace") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        with open(os.path.join(data_path, LOCK_FILE), encoding="ascii", errors="replace") as file:
            return file.read(32).strip() or "unknown"
    except OSError:
        return ""
    return ""
