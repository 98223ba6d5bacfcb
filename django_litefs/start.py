"""What must be true before anything starts, each with one sentence that names the fix. Used by litefs_start."""

from __future__ import annotations

import os
import shutil

from django_litefs import _core
from django_litefs.settings import Settings

FUSE_DEVICE = "/dev/fuse"


def problems(s: Settings) -> list[str]:
    """Creates nothing. An empty list: this node can start."""
    if not s.cluster:
        return []
    return [*fuse_problems(), *_mount_point(s), *_plain_database(s)]


def create_folders(s: Settings) -> None:
    os.makedirs(s.data_path, mode=0o700, exist_ok=True)
    if s.cluster and not _is_dead(s.mount_path):
        os.makedirs(s.mount_path, exist_ok=True)


def fuse_problems() -> list[str]:
    if not os.path.exists(FUSE_DEVICE):
        return [f"{FUSE_DEVICE} does not exist: load the fuse module, or give the container the device."]
    if not os.access(FUSE_DEVICE, os.R_OK | os.W_OK):
        return [f"{FUSE_DEVICE} may not be used by this user: start as root, or allow the device."]
    if not shutil.which("fusermount3"):
        return ["fusermount3 was not found: install the package fuse3."]
    return []


def _is_dead(path: str) -> bool:
    try:
        os.statvfs(path)  # to stat() the kernel may answer from memory, long after LiteFS died
    except FileNotFoundError:
        return False
    except OSError:
        return True  # ENOTCONN: left by a LiteFS that was killed; litefs-proxy clears it
    return False


def _mount_point(s: Settings) -> list[str]:
    if _is_dead(s.mount_path) or not os.path.exists(s.mount_path):
        return []
    if not os.path.isdir(s.mount_path):
        return [f"LITEFS['MOUNT_PATH'] {s.mount_path} is a file: name a folder."]
    try:
        _core.inspect_mount(s.mount_path)
    except _core.MountError:
        left = sorted(os.listdir(s.mount_path))
        if not left:
            return []
        return [
            f"LITEFS['MOUNT_PATH'] {s.mount_path} is not mounted but holds {left[0]!r}, which the mount would hide: "
            "move it away."
        ]
    return [
        f"LITEFS['MOUNT_PATH'] {s.mount_path} is mounted already: another LiteFS is running on this node."
    ]


def _plain_database(s: Settings) -> list[str]:
    """A single node's database must not be followed by an empty site."""
    plain = os.path.join(s.data_path, s.database_name)
    if not os.path.isfile(plain) or os.path.isdir(os.path.join(s.data_path, "dbs", s.database_name)):
        return []
    return [
        f"{plain} is the database of a node without LiteFS: move it away, start the cluster, then load it once with "
        f"'litefs import -name {s.database_name} FILE' on the primary."
    ]
