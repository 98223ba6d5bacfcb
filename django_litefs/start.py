"""What must be true before anything starts, each with one sentence that names the fix. Used by litefs_start."""

from __future__ import annotations

import os
import pwd
import shutil

from django_litefs import _core
from django_litefs.settings import Settings

FUSE_DEVICE = "/dev/fuse"
FUSE_CONF = "/etc/fuse.conf"


def problems(s: Settings, load: str = "") -> list[str]:
    """Creates nothing. An empty list: this node can start. `load`: the file of --import."""
    if not s.cluster:
        return _user(s)
    return [*_user(s), *fuse_problems(), *_allow_other(s), *_mount_point(s), *_plain_database(s, load)]


def create_folders(s: Settings) -> None:
    os.makedirs(s.data_path, mode=0o700, exist_ok=True)
    if s.user and not s.cluster:
        shutil.chown(s.data_path, s.user)  # the database itself lies there
    if s.cluster and not _is_dead(s.mount_path):
        os.makedirs(s.mount_path, exist_ok=True)


def _user(s: Settings) -> list[str]:
    if not s.user:
        return []
    try:
        pwd.getpwnam(s.user)
    except KeyError:
        return [f"LITEFS['USER'] {s.user!r}: there is no such user on this machine."]
    if os.geteuid() != 0:
        return [f"LITEFS['USER'] {s.user!r}: only root can start processes as another user; start as root."]
    return []


def _allow_other(s: Settings) -> list[str]:
    """Root needs nobody's permission."""
    if not (s.allow_other or s.user) or os.geteuid() == 0:
        return []
    try:
        with open(FUSE_CONF, encoding="utf-8") as file:
            allowed = any(line.strip() == "user_allow_other" for line in file)
    except OSError:
        allowed = False
    if allowed:
        return []
    return [
        f"LITEFS['ALLOW_OTHER'] needs the line user_allow_other in {FUSE_CONF}: add it, or start as root."
    ]


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


def plain_databases(s: Settings) -> list[str]:
    """Where this site's database may be from the time without LiteFS, as far as something is there."""
    folders = dict.fromkeys(folder for folder in (s.data_path, s.base_dir) if folder)
    paths = (os.path.join(folder, s.database_name) for folder in folders)
    return [path for path in paths if os.path.isfile(path) and os.path.getsize(path) > 0]


def empty_site(plain: str) -> str:
    """A single node's database must not be followed by an empty site."""
    return (
        f"{plain} is the database of a node without LiteFS, and an empty site would take its place. To bring it into "
        f"the cluster, start its first node once with 'manage.py litefs_start --import {plain} -- COMMAND'; into a "
        f"cluster that runs: move it away and 'manage.py litefs_import FILE'. Not wanted any more: move it away."
    )


def _plain_database(s: Settings, load: str) -> list[str]:
    if os.path.isdir(os.path.join(s.data_path, "dbs", s.database_name)):
        return []
    in_data = [path for path in plain_databases(s) if os.path.dirname(path) == s.data_path]
    return [empty_site(path) for path in in_data if not load or not os.path.samefile(path, load)]
