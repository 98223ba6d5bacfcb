"""This machine: programs, FUSE, folders, disk, ports."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import stat
from collections.abc import Iterator

from django_litefs import config, control, process, start
from django_litefs._values import ANY_HOST, is_public, split_address
from django_litefs.doctor import Finding, good, problem, unknown, warning
from django_litefs.settings import Settings

FUSE_CONF = "/etc/fuse.conf"
MOUNTS = "/proc/self/mountinfo"
VOLATILE = ("tmpfs", "ramfs")
LAYERED = ("overlay", "aufs")
LEAST_FREE = 256 * 1024 * 1024
LEAST_FREE_SHARE = 0.05
LISTENING = "0A"
UNIX = "unix:"
ON_ALL = {"0" * 8, "0" * 32}  # as the kernel writes it


def programs(s: Settings) -> Iterator[Finding]:
    for name in ("litefs-proxy", "litefs"):
        if name == "litefs" and not s.cluster:
            continue
        try:
            found = process.choose_executable(name, s.binary_path)
        except process.ExecutableNotFoundError as error:
            yield problem("program", str(error), "pip install --force-reinstall django-litefs")
            continue
        if wrong := found.mismatch:
            yield warning(
                "program", wrong, "Remove LITEFS['BINARY_PATH'], or the litefs on PATH: one is bundled."
            )
        else:
            yield good("program", f"{name} {found.version}: {found.path} ({found.why})")


def fuse(s: Settings) -> Iterator[Finding]:
    if not s.cluster:
        return
    found = start.fuse_problems()
    for sentence in found:
        what, _, fix = sentence.partition(": ")
        yield problem("fuse", f"{what}.", fix)
    if not found:
        yield good("fuse", f"{start.FUSE_DEVICE} and fusermount3 are there")
    if s.allow_other and os.geteuid() != 0 and not _allows_other():
        yield problem(
            "fuse",
            f"LITEFS['ALLOW_OTHER'] is set, but {FUSE_CONF} does not allow it to this user.",
            f"echo user_allow_other >> {FUSE_CONF}",
        )


def folders(s: Settings) -> Iterator[Finding]:
    folder = s.data_path if s.cluster else s.database_folder
    if not os.path.isdir(folder):
        yield unknown("folders", f"{folder} does not exist yet.", "litefs_start creates it.")
        return
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield problem("folders", f"{folder} may not be written by this user.", f"chown -R USER {folder}")
        return
    open_to_all = stat.S_IMODE(os.stat(folder).st_mode) & 0o007
    if s.cluster and open_to_all:
        yield warning("folders", f"{folder} is open to every user of this machine.", f"chmod o-rwx {folder}")
    else:
        yield good("folders", f"{folder} belongs to who runs the node")
    if not s.cluster:
        return
    for name in (config.LITEFS_FILE, config.PROXY_FILE):
        path = os.path.join(s.data_path, name)
        if os.path.exists(path) and stat.S_IMODE(os.stat(path).st_mode) & 0o077:
            yield problem("folders", f"{path} holds secrets and others may read it.", f"chmod 0600 {path}")


def disk(s: Settings) -> Iterator[Finding]:
    folder = s.data_path if s.cluster else s.database_folder
    if not os.path.isdir(folder):
        return
    kind = file_system(folder)
    if kind in VOLATILE:
        yield problem(
            "disk",
            f"{folder} is on {kind}: a restart of the machine loses every database.",
            "Put LITEFS['DATA_PATH'] on a volume.",
        )
    elif kind in LAYERED:
        yield warning(
            "disk",
            f"{folder} is in the container's own layer ({kind}): a new container begins empty.",
            "Mount a volume there.",
        )
    usage = shutil.disk_usage(folder)
    held = _size_of(os.path.join(s.data_path, "dbs")) if s.cluster else 0
    wanted = max(LEAST_FREE, int(LEAST_FREE_SHARE * usage.total), held)
    what = f"{usage.free / 1e9:.1f} of {usage.total / 1e9:.1f} GB free in {folder}"
    if usage.free >= wanted:
        yield good("disk", what)
    else:
        yield problem(
            "disk",
            f"{what}; LiteFS's data takes {held / 1e9:.1f} GB.",
            "Make room for as much again, or shorten LITEFS['RETENTION'].",
        )


def ports(s: Settings) -> Iterator[Finding]:
    addresses = [("PROXY_ADDR", s.proxy_addr), ("PROXY_TARGET", s.proxy_target)]
    if s.cluster:
        addresses.append(("HTTP_ADDR", s.http_addr))
    if s.admin_addr:
        addresses.append(("ADMIN_ADDR", s.admin_addr))
    running = _node_runs()
    for key, address in addresses:
        if address.startswith(UNIX):
            continue
        taken = _taken(address)
        if taken == errno.EADDRNOTAVAIL:
            yield problem(
                "ports",
                f"{key} {address} is no address of this machine.",
                f"Correct LITEFS['{key}']: 'ip address' lists them.",
            )
        elif taken and not running:
            yield problem(
                "ports",
                f"{key} {address} is taken ({os.strerror(taken)}), and this node does not run.",
                f"End what listens there ('ss -ltnp' names it), or change LITEFS['{key}'].",
            )
        elif running and not taken:
            yield problem(
                "ports", f"Nothing listens on {key} {address}, though the node runs.", "See the node's log."
            )
        else:
            yield good("ports", f"{key} {address} is {'ours' if taken else 'free'}")


def exposure(s: Settings) -> Iterator[Finding]:
    """LiteFS's API and admin-addr have no password."""
    guarded = [("HTTP_ADDR", s.http_addr)] if s.cluster else []
    if s.admin_addr:
        guarded.append(("ADMIN_ADDR", s.admin_addr))
    on_all = {port for host, port in listeners() if host in ON_ALL}
    for key, address in guarded:
        if address.startswith(UNIX):
            continue
        host, port = split_address(address)
        if port in on_all or host in ANY_HOST or is_public(host):
            yield problem(
                "exposure",
                f"{key} {address} can be reached from outside, and has no password.",
                f"Set LITEFS['{key}'] to a private address of this machine.",
            )
        else:
            yield good("exposure", f"{key} listens on {address} alone")


def listeners() -> set[tuple[str, int]]:
    """Address (hex, as the kernel writes it) and port of every TCP socket that listens on this machine."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table, encoding="ascii") as file:
                lines = file.read().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            local, state = line.split()[1], line.split()[3]
            if state == LISTENING:
                host, _, port = local.partition(":")
                found.add((host, int(port, 16)))
    return found


def _taken(address: str) -> int:
    """0 if we could listen there, else why not (errno)."""
    host, port = split_address(address)
    try:
        family, _, _, _, where = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, socket.SOCK_STREAM) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(where)
    except socket.gaierror:
        return errno.EADDRNOTAVAIL
    except OSError as error:
        return error.errno or errno.EIO
    return 0


def file_system(folder: str) -> str:
    """Its kind, such as ext4 or tmpfs."""
    wanted = os.path.realpath(folder)
    best, kind = "", "unknown"
    with open(MOUNTS, encoding="utf-8", errors="replace") as file:
        for line in file:
            fields, _, rest = line.partition(" - ")
            point = fields.split()[4].encode().decode("unicode_escape")
            inside = wanted == point or wanted.startswith(point.rstrip("/") + "/")
            if inside and len(point) >= len(best):
                best, kind = point, rest.split()[0]
    return kind


def _node_runs() -> bool:
    try:
        control.ask("GET", "/status")
    except control.ControlError:
        return False
    return True


def _allows_other() -> bool:
    try:
        with open(FUSE_CONF, encoding="utf-8") as file:
            return any(line.strip() == "user_allow_other" for line in file)
    except OSError:
        return False


def _size_of(folder: str) -> int:
    total = 0
    for place, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.lstat(os.path.join(place, name)).st_size
            except FileNotFoundError:
                continue  # LiteFS removed a transaction file meanwhile
    return total
