"""Every key of LiteFS's configuration file (v0.5.14), with its kind. LiteFS itself stops at an unknown one."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from django_litefs._values import InvalidValueError, convert

Keys = Mapping[str, Any]

KEYS: Keys = {
    "exit-on-error": "bool",
    "skip-sync": "bool",
    "strict-verify": "bool",
    "exec": "exec",
    "data": {
        "dir": "path",
        "compress": "bool",
        "retention": "duration",
        "retention-monitor-interval": "duration",
    },
    "fuse": {"dir": "path", "allow-other": "bool", "debug": "bool"},
    "http": {"addr": "address", "snapshot-timeout": "duration"},
    "proxy": {
        "addr": "address",
        "target": "address",
        "db": "file",
        "max-lag": "duration",
        "debug": "bool",
        "passthrough": "list",
        "always-forward": "list",
        "primary-redirect-timeout": "duration",
        "read-timeout": "duration",
        "read-header-timeout": "duration",
        "write-timeout": "duration",
        "idle-timeout": "duration",
    },
    "lease": {
        "type": "choice:consul,static",
        "hostname": "str",
        "advertise-url": "url",
        "candidate": "bool",
        "promote": "bool",
        "reconnect-delay": "duration",
        "demote-delay": "duration",
        "databases": "list",
        "consul": {"url": "url", "key": "str", "ttl": "duration", "lock-delay": "duration"},
    },
    "backup": {"type": "str", "path": "str", "url": "str", "cluster": "str", "auth-token": "str"},
    "log": {"format": "choice:text,json", "timestamp": "bool", "debug": "bool"},
    "tracing": {"enabled": "bool", "path": "str", "max-size": "int", "max-count": "int", "compress": "bool"},
}

SETTING = {  # of those that have one
    "fuse.dir": "MOUNT_PATH",
    "fuse.allow-other": "ALLOW_OTHER",
    "data.dir": "DATA_PATH",
    "data.retention": "RETENTION",
    "data.retention-monitor-interval": "RETENTION_MONITOR_INTERVAL",
    "http.addr": "HTTP_ADDR",
    "proxy.addr": "PROXY_ADDR",
    "proxy.target": "PROXY_TARGET",
    "proxy.db": "DATABASE_NAME",
    "proxy.max-lag": "MAX_LAG",
    "proxy.passthrough": "PASSTHROUGH",
    "proxy.always-forward": "ALWAYS_FORWARD",
    "proxy.primary-redirect-timeout": "PRIMARY_REDIRECT_TIMEOUT",
    "lease.hostname": "HOSTNAME",
    "lease.advertise-url": "ADVERTISE_URL",
    "lease.candidate": "CANDIDATE",
    "lease.promote": "PROMOTE",
    "lease.consul.url": "CONSUL_URL",
    "lease.consul.key": "CONSUL_KEY",
    "lease.consul.ttl": "CONSUL_TTL",
    "lease.consul.lock-delay": "CONSUL_LOCK_DELAY",
    "log.format": "LOG_FORMAT",
}


def problems(given: Mapping[str, Any], name: str) -> Iterator[str]:
    """What LiteFS would not accept in a part of its file, each with its fix. `name` says where the part stands."""
    for path, kind, value in walk(given):
        dotted = ".".join(path)
        if kind is None:
            yield f"{name}: {dotted!r} is no key of LiteFS.{_hint(path)}"
        elif isinstance(kind, Mapping):
            yield f"{name}: {dotted!r} must be a dict of {', '.join(kind)}."
        elif kind == "duration" and not isinstance(value, str):
            yield f"{name}: {dotted!r} {value!r} would be nanoseconds: write it with a unit, such as '10s'."
        elif kind != "exec":
            try:
                convert(f"{name}: {dotted!r}", kind, value)
            except InvalidValueError as error:
                yield str(error)


def walk(
    given: Mapping[str, Any], keys: Keys = KEYS, above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Each leaf as (path, kind, value). Kind None: an unknown key; a mapping: a section that holds no mapping."""
    for key, value in given.items():
        path, kind = (*above, str(key)), keys.get(key)
        if isinstance(kind, Mapping) and isinstance(value, Mapping):
            yield from walk(value, kind, path)
        else:
            yield path, kind, value


def _hint(path: tuple[str, ...]) -> str:
    known = KEYS
    for key in path[:-1]:
        known = known[key]
    near = difflib.get_close_matches(path[-1], known, n=1)
    return f" Did you mean {near[0]!r}?" if near else f" It has {', '.join(known)} there."
