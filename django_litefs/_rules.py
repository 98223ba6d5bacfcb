"""What belongs together in the settings: LiteFS's rules, litefs-proxy's and ours. Each problem names key and fix."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from django_litefs import _core, _litefs_keys
from django_litefs._values import ANY_HOST, is_public, split_address
from django_litefs.settings import Settings

LITEFS_PORT = 20202
RESERVED_SUFFIXES = ("-journal", "-wal", "-shm", "-pos", "-lock")
MOST_DATABASES = 8  # that one cookie can speak of
SECRET_MIN_LENGTH = 16
CONSUL_TTL_S = (10, 86_400)  # Consul's own limits of a session
CONSUL_LOCK_DELAY_MAX_S = 60
HANDOFF_DRAIN_S = 2.0  # litefs-proxy's default
COOKIE_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
NOT_ZERO = (
    "consul_ttl",
    "primary_redirect_timeout",
    "retention_monitor_interval",
    "migrate_timeout",
    "stop_timeout",
)
SINGLE_ONLY = (
    "LITEFS: this is the Python part of django-litefs alone, which can only be a single node: pip installs it where no "
    "compiled wheel fits. A cluster needs Linux with glibc 2.17 or newer on x86_64 or aarch64; set LITEFS['ENABLED'] = "
    "False for a single node here."
)
NOT_IN_EXTRA = {**_litefs_keys.SETTING, "log.debug": "LOG_LEVEL", "lease.type": "CONSUL_URL"}
OURS_ALONE = ("exec", "proxy")  # sections of litefs.yml that litefs_start does without


def everywhere(s: Settings) -> list[str]:
    """On a single node too."""
    return [
        problem
        for rule in (_paths, _database_names, _addresses, _tls, _durations, _requests)
        for problem in rule(s)
    ]


def single(s: Settings) -> list[str]:
    if s.under_test or not os.path.exists(os.path.join(s.data_path, "clusterid")):
        return []
    return [
        f"LITEFS: this node would run without LiteFS, but {s.data_path} belongs to a LiteFS cluster (it holds a "
        "cluster id). Set CONSUL_URL or STATIC_PRIMARY again, or choose another DATA_PATH."
    ]


def cluster(s: Settings) -> list[str]:
    if getattr(_core, "SINGLE_ONLY", False):
        return [SINGLE_ONLY]
    rules: tuple[Callable[[Settings], Iterator[str]], ...] = (_lease, _peers, _secret, _acknowledging, _extra)
    return [problem for rule in rules for problem in rule(s)]


def _paths(s: Settings) -> Iterator[str]:
    mount, data = os.path.realpath(s.mount_path), os.path.realpath(s.data_path)
    if mount == data:
        yield f"LITEFS['MOUNT_PATH'] and LITEFS['DATA_PATH'] are both {s.mount_path}: give each a folder of its own."
    elif os.path.commonpath((mount, data)) == mount:
        yield (
            f"LITEFS['DATA_PATH'] {s.data_path} lies below MOUNT_PATH {s.mount_path}, which would hide it: put it "
            "elsewhere, such as /var/lib/litefs."
        )


def _database_names(s: Settings) -> Iterator[str]:
    if len(s.all_databases) > MOST_DATABASES:
        yield f"LITEFS['DATABASES'] makes {len(s.all_databases)} databases: at most {MOST_DATABASES} on one mount."
    for name in s.all_databases:
        if name.endswith(RESERVED_SUFFIXES):
            key = "DATABASE_NAME" if name == s.database_name else "DATABASES"
            yield (
                f"LITEFS[{key!r}] {name!r} ends in a suffix that LiteFS keeps for itself "
                f"({', '.join(RESERVED_SUFFIXES)}): choose another name."
            )


def _addresses(s: Settings) -> Iterator[str]:
    """No two of ours at one place."""
    given = {
        "PROXY_ADDR": s.proxy_addr,
        "TLS_ADDR": s.tls_addr,
        "PROXY_TARGET": s.proxy_target,
        "ADMIN_ADDR": s.admin_addr,
    }
    if s.cluster:
        given["HTTP_ADDR"] = s.http_addr
    places = [(key, *_host_and_port(text)) for key, text in given.items() if text]
    for index, (key, host, port) in enumerate(places):
        for other, other_host, other_port in places[:index]:
            same_host = host == other_host or host in ANY_HOST or other_host in ANY_HOST
            if port and port == other_port and same_host:
                yield f"LITEFS[{key!r}] {given[key]!r} is {other}'s port too: choose another one."
    if not s.proxy_target.startswith("unix:") and _host_and_port(s.proxy_target)[0] in ANY_HOST:
        yield f"LITEFS['PROXY_TARGET'] {s.proxy_target!r} names no host: write '127.0.0.1:8000'."


def _tls(s: Settings) -> Iterator[str]:
    if s.tls_addr and not (s.tls_cert and s.tls_key):
        yield "LITEFS['TLS_ADDR'] needs LITEFS['TLS_CERT'] and LITEFS['TLS_KEY'] beside it."
    for key in ("tls_cert", "tls_key", "tls_client_ca"):
        if getattr(s, key) and not s.tls_addr:
            yield f"LITEFS[{key.upper()!r}] is of no use without LITEFS['TLS_ADDR']: write for example ':8443'."
    if bool(s.peer_tls_cert) != bool(s.peer_tls_key):
        yield "LITEFS['PEER_TLS_CERT'] and LITEFS['PEER_TLS_KEY'] go together: write both, or none of them."


def _host_and_port(text: str) -> tuple[str, int]:
    if text.startswith("unix:"):
        return text, 0
    return split_address(text)


def _durations(s: Settings) -> Iterator[str]:
    for name in NOT_ZERO:
        value = getattr(s, name)
        if value and _core.parse_duration(value) <= 0:
            yield f"LITEFS[{name.upper()!r}] must be longer than 0s."


def _requests(s: Settings) -> Iterator[str]:
    if not COOKIE_NAME.fullmatch(s.cookie_name):
        yield f"LITEFS['COOKIE_NAME'] {s.cookie_name!r} is no cookie name: write for example 'litefs-position'."
    if s.cookie_domain and not _core.valid_hostname(s.cookie_domain.removeprefix(".")):
        yield f"LITEFS['COOKIE_DOMAIN'] {s.cookie_domain!r} is no domain: write for example 'example.com'."
    for key, patterns in (("PASSTHROUGH", s.passthrough), ("ALWAYS_FORWARD", s.always_forward)):
        for pattern in patterns:
            if not pattern.startswith(("/", "*")):
                yield f"LITEFS[{key!r}]: {pattern!r} matches no path: begin it with '/' or '*'."
    for pattern in sorted(set(s.passthrough) & set(s.always_forward)):
        yield f"LITEFS['PASSTHROUGH'] and LITEFS['ALWAYS_FORWARD'] both name {pattern!r}: keep it in one."
    for network in s.trusted_proxies:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            yield f"LITEFS['TRUSTED_PROXIES']: {network!r} is no address or network: write '10.0.0.0/8', say."


def _acknowledging(s: Settings) -> Iterator[str]:
    if _core.parse_duration(s.ack_timeout) > HANDOFF_DRAIN_S:
        yield (
            f"LITEFS['ACK_TIMEOUT'] {s.ack_timeout!r} is above {HANDOFF_DRAIN_S:g}s, the longest that a handoff waits "
            "for the writes that run."
        )


def _lease(s: Settings) -> Iterator[str]:
    if s.static_primary:
        if not _core.valid_hostname(str(s.static_primary["hostname"])):
            yield f"LITEFS['STATIC_PRIMARY']: {s.static_primary['hostname']!r} is no host name of a node."
        if not _is_http(str(s.static_primary["url"])):
            yield f"LITEFS['STATIC_PRIMARY']: {s.static_primary['url']!r} is no URL: write 'http://host:{LITEFS_PORT}'."
        return
    if not s.consul_key:
        yield (
            "LITEFS['CONSUL_KEY'] is missing: name the lease of this site, e.g. 'litefs/mysite' (two sites with "
            "one key on one Consul would merge)."
        )
    if not s.advertise_url:
        yield (
            "LITEFS['ADVERTISE_URL'] is missing: how do the other nodes reach this node's LiteFS? "
            f"e.g. 'http://10.0.0.5:{LITEFS_PORT}'."
        )
    least, most = CONSUL_TTL_S
    if not least <= _core.parse_duration(s.consul_ttl) <= most:
        yield f"LITEFS['CONSUL_TTL'] {s.consul_ttl!r}: Consul takes 10s to 24h."
    if _core.parse_duration(s.consul_lock_delay) > CONSUL_LOCK_DELAY_MAX_S:
        yield f"LITEFS['CONSUL_LOCK_DELAY'] {s.consul_lock_delay!r}: Consul takes at most 60s."


def _peers(s: Settings) -> Iterator[str]:
    if not _core.valid_hostname(s.hostname):
        yield f"LITEFS['HOSTNAME'] {s.hostname!r} is no host name: letters, digits, '-', '.', '_' only."
    if isinstance(s.primary_url, str):
        if s.primary_url and "{hostname}" not in s.primary_url:
            yield "LITEFS['PRIMARY_URL'] must contain {hostname}, or be a dict of hostname to URL."
        return
    for hostname, url in s.primary_url.items():
        if not _core.valid_hostname(hostname) or not _is_http(str(url)):
            yield f"LITEFS['PRIMARY_URL']: {hostname!r}: {url!r} must be a node's HOSTNAME and its front door's URL."
    if s.hostname not in s.primary_url:
        yield (
            f"LITEFS['PRIMARY_URL'] has no entry for this node, HOSTNAME {s.hostname!r}: the dict is the list of all "
            "nodes, the same on each."
        )


def _is_http(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _secret(s: Settings) -> Iterator[str]:
    if not s.secrets:
        yield "LITEFS: no secret for requests between nodes: set SECRET_KEY or LITEFS['SECRET']."
    elif any(len(secret) < SECRET_MIN_LENGTH for secret in s.secrets):
        yield f"LITEFS['SECRET'] is too short: at least {SECRET_MIN_LENGTH} characters each."


def _extra(s: Settings) -> Iterator[str]:
    for path, _, _ in _litefs_keys.walk(s.extra):
        dotted = ".".join(path)
        if setting := NOT_IN_EXTRA.get(dotted):
            yield f"LITEFS['EXTRA'] must not set {dotted}, which has a setting of its own: set LITEFS[{setting!r}]."
        elif path[0] in OURS_ALONE:
            yield f"LITEFS['EXTRA'] must not set {dotted}: litefs_start and litefs-proxy do that. Remove it."
    rest = {key: value for key, value in s.extra.items() if key not in OURS_ALONE}
    yield from _litefs_keys.problems(rest, "LITEFS['EXTRA']")
    lease = s.extra.get("lease")
    if s.candidate and isinstance(lease, dict) and "databases" in lease:
        yield "LITEFS['EXTRA']: lease.databases is for nodes with LITEFS['CANDIDATE'] = False only."


def http_addr(s: Settings, *, intended: bool) -> list[str]:
    """LiteFS's API has no password. `intended`: HTTP_ADDR was set, not found out."""
    host, _ = split_address(s.http_addr)
    if host in ANY_HOST:
        return [
            f"LITEFS['HTTP_ADDR'] {s.http_addr!r} opens LiteFS's API, which has no password, on all interfaces: "
            "name one private address."
        ]
    if is_public(host) and not intended:
        return [
            f"LITEFS['ADVERTISE_URL'] {s.advertise_url!r} is a public address, and LiteFS's API has no password: use a "
            "private network, or set LITEFS['HTTP_ADDR'] if this is intended."
        ]
    return []


def transport(s: Settings, hostname: str, fly_machine: str) -> list[str]:
    if s.transport == "direct" or (s.transport == "auto" and not fly_machine):
        return []
    if not fly_machine:
        return [
            "LITEFS['TRANSPORT'] is 'fly-replay' but this is no Fly machine (FLY_MACHINE_ID is not set): write 'auto', "
            "which is direct elsewhere."
        ]
    if hostname.partition(".")[0] != fly_machine:
        return [
            f"LITEFS['HOSTNAME'] {hostname!r} does not name the Fly machine {fly_machine!r}, which Fly's proxy has to "
            f"find: remove it, or write LITEFS['TRANSPORT'] = 'direct'."
        ]
    return []
