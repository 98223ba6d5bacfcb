"""The two files that `litefs_start` writes: litefs.yml for LiteFS, litefs-proxy.yml for litefs-proxy.

Values are literal: LiteFS runs with -no-expand-env, and a '${' that litefs-proxy would expand is refused.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import yaml

from django_litefs import _core, lease, process, server
from django_litefs.settings import Settings, SettingsError

HEADER = (
    "# Written by 'manage.py litefs_start' at each start from the LITEFS settings: changes here are lost.\n"
    "# 'manage.py litefs_config' prints it.\n"
)
SECRET_KEYS = ("secret", "auth-token", "token")
REDACTED = "(redacted)"
USER_INFO = re.compile(r"://[^/@]*@")
# LiteFS's own default of 1 s is how long every other node would hold its writes after each handoff.
RECONNECT_DELAY = "100ms"
IMPORT_TIMEOUT = "1h"
# Tells litefs_migrate that its supervisor makes this node the primary, if it ends with WANTS_PRIMARY.
MAY_ASK, WANTS_PRIMARY = "LITEFS_STEP_MAY_ASK", 75
PROXY_RESPONSE_TIMEOUT = 60  # seconds; the default of timeouts.response
LITEFS_FILE, JOIN_FILE, PROXY_FILE = "litefs.yml", "litefs-join.yml", "litefs-proxy.yml"
SOCKET_FILE, MEMORY_FILE = "proxy.sock", "node.json"


def socket_path(s: Settings) -> str:
    return os.path.join(s.data_path, SOCKET_FILE)


def litefs_config(s: Settings) -> dict[str, Any]:
    """The content of litefs.yml."""
    config: dict[str, Any] = {
        "fuse": {"dir": s.mount_path, "allow-other": s.allow_other or bool(s.user)},
        "data": {
            "dir": s.data_path,
            "retention": s.retention,
            "retention-monitor-interval": s.retention_monitor_interval,
        },
        "http": {"addr": s.http_addr},
        "lease": _lease(s),
        "log": {"format": s.log_format, "debug": s.log_level == "debug"},
    }
    return _merged(config, s.extra)


def join_config(s: Settings) -> dict[str, Any]:
    """litefs.yml of a node that must not become primary yet."""
    config = litefs_config(s)
    return _merged(config, {"lease": {"candidate": False, "promote": False}})


def proxy_config(
    s: Settings,
    *,
    litefs: str,
    app: Mapping[str, Any] | None,
    migrate: Sequence[str],
    load: Sequence[str] = (),
) -> dict[str, Any]:
    """The content of litefs-proxy.yml. `app`: an entry of `exec`; `load` and `migrate`: the steps before it.

    Without `app` somebody else runs it.
    """
    config: dict[str, Any] = {
        "addr": s.proxy_addr,
        "target": s.proxy_target,
        "databases": list(s.all_databases),
        "trusted-proxies": list(s.trusted_proxies),
        "allow-app-replay": s.allow_app_replay,
        "passthrough": list(s.passthrough),
        "always-forward": list(s.always_forward),
        "read-wait": s.read_wait,
        "primary-redirect-timeout": s.primary_redirect_timeout,
        "max-lag": s.max_lag,
        "stale-reads": s.stale_reads,
        "read-gate": s.read_gate,
        "ack": s.ack,
        "ack-paths": list(s.ack_paths),
        "ack-quorum": s.ack_quorum,
        "ack-timeout": s.ack_timeout,
        "ack-on-timeout": s.ack_on_timeout,
        "stop-timeout": s.stop_timeout,
        "cookie": {"name": s.cookie_name, "same-site": s.cookie_samesite, "domain": s.cookie_domain},
        "socket": socket_path(s),
        "ready": {"path": "/", "host": s.allowed_host},
        "limits": {"target-connections": s.target_connections},
        "log": {"level": s.log_level, "format": s.log_format, **_if_set("access-file", s.access_log_file)},
        "exec": [
            *_import_step(load),
            *(
                {**({"user": s.user} if s.user else {}), **entry}
                for entry in (
                    *([_migrate_step(s, migrate)] if migrate else []),
                    *([{"name": "app", **app}] if app else []),
                    *s.processes,
                )
            ),
        ],
    }
    if s.admin_addr:
        config["admin-addr"] = s.admin_addr
    if s.tls_addr:
        listener = {"addr": s.tls_addr, "cert": s.tls_cert, "key": s.tls_key}
        config["tls"] = [listener | _if_set("client-ca", s.tls_client_ca)]
    peer_tls = (
        _if_set("ca", s.peer_tls_ca) | _if_set("cert", s.peer_tls_cert) | _if_set("key", s.peer_tls_key)
    )
    if s.cluster and peer_tls:
        config["peer-tls"] = peer_tls
    if s.cluster:
        config |= {
            "litefs": {
                "url": f"http://{s.http_addr}",
                "mount": s.mount_path,
                "hostname": s.hostname,
                "cmd": _mount_command(s, litefs, LITEFS_FILE),
                "memory": os.path.join(s.data_path, MEMORY_FILE),
                **_cold_start(s, litefs),
                **_consul(s),
            },
            "primary-url": s.primary_url,
            "transport": s.transport,
            "secret": list(s.secrets),
        }
    # A peer may hold a write for that long before it answers; the proxy refuses to wait less for the answer.
    if _core.parse_duration(s.primary_redirect_timeout) > PROXY_RESPONSE_TIMEOUT:
        config["timeouts"] = {"response": _longer(s.primary_redirect_timeout, 1)}
    _refuse_overwriting(config, s.proxy_extra)
    config = _merged(config, s.proxy_extra)
    _refuse_expansion(config)
    return config


def rendered(
    s: Settings,
    command: Sequence[str],
    environ: Mapping[str, str],
    migrate: Sequence[str],
    load: Sequence[str] = (),
) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """Both files as litefs_start writes them; no litefs.yml on a single node. `command`: the app server's, or empty."""
    litefs = process.find_executable("litefs", s.binary_path) if s.cluster else ""
    connections, app = s.target_connections, None
    if command:
        complete = server.complete_server(command, s.proxy_target, environ)
        connections = connections or server.target_connections(complete)
        app = {"cmd": list(complete.command), "env": {"PORT": s.proxy_target.rpartition(":")[2]}}
    s = replace(s, target_connections=connections or server.DEFAULT_TARGET_CONNECTIONS)
    proxy = proxy_config(s, litefs=litefs, app=app, migrate=migrate, load=load)
    return litefs_config(s) if s.cluster else None, proxy


def as_text(config: Mapping[str, Any]) -> str:
    return HEADER + yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True)


def redacted(value: Any, key: str = "") -> Any:
    """The same without secrets and without the user:password of URLs."""
    if key in SECRET_KEYS and value:
        return [REDACTED] * len(value) if isinstance(value, list) else REDACTED
    if isinstance(value, Mapping):
        return {name: redacted(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [redacted(item) for item in value]
    return USER_INFO.sub(f"://{REDACTED}@", value) if isinstance(value, str) else value


def write(path: str, config: Mapping[str, Any]) -> None:
    """Replaces the file at once, readable by its owner alone (it holds secrets)."""
    text = as_text(config)
    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=f".{os.path.basename(path)}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:  # mkstemp: mode 0600
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _if_set(key: str, value: str) -> dict[str, str]:
    return {key: value} if value else {}


def _migrate_step(s: Settings, command: Sequence[str]) -> dict[str, Any]:
    return {
        "name": "migrate",
        "cmd": list(command),
        "each-start": True,
        "start-timeout": _longer(s.migrate_timeout, 60),
        **({"env": {MAY_ASK: "1"}} if s.cluster and s.candidate and not s.static_lease else {}),
    }


def _mount_command(s: Settings, litefs: str, file: str) -> list[str]:
    return [litefs, "mount", "-config", os.path.join(s.data_path, file), "-no-expand-env"]


def _cold_start(s: Settings, litefs: str) -> dict[str, Any]:
    """Only a candidate of a lease that moves has anything to decide."""
    if s.static_lease or not s.candidate:
        return {}
    return {
        "join-cmd": _mount_command(s, litefs, JOIN_FILE),
        "cold-start-wait": s.cold_start_wait,
        "start-behind": s.start_behind,
    }


def _consul(s: Settings) -> dict[str, Any]:
    """Lets the proxy see that the lease is still ours, and give back that of a LiteFS that died."""
    if s.static_lease:
        return {}
    api, key, token = lease.place(s)
    return {"consul": {"url": api, "key": key, "ttl": s.consul_ttl, **({"token": token} if token else {})}}


def _lease(s: Settings) -> dict[str, Any]:
    if s.static_lease:
        return {
            "type": "static",
            "hostname": s.static_primary["hostname"],
            "advertise-url": s.static_primary["url"],
            "candidate": bool(s.candidate),
        }
    return {
        "type": "consul",
        "hostname": s.hostname,
        "advertise-url": s.advertise_url,
        "candidate": bool(s.candidate),
        "promote": s.promote,
        "reconnect-delay": RECONNECT_DELAY,
        "consul": {
            "url": s.consul_url,
            "key": s.consul_key,
            "ttl": s.consul_ttl,
            "lock-delay": s.consul_lock_delay,
        },
    }


def _import_step(command: Sequence[str]) -> list[dict[str, Any]]:
    step = {"name": "import", "cmd": list(command), "each-start": True, "start-timeout": IMPORT_TIMEOUT}
    return [step] if command else []


def _longer(duration: str, seconds: int) -> str:
    return f"{round(_core.parse_duration(duration)) + seconds}s"


def _merged(base: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in extra.items():
        old = result.get(key)
        result[key] = (
            _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
        )
    return result


def _refuse_overwriting(base: Mapping[str, Any], extra: Mapping[str, Any], above: str = "") -> None:
    """PROXY_EXTRA adds: what it would replace has a setting, which others rely on."""
    for key, value in extra.items():
        if isinstance(base.get(key), Mapping) and isinstance(value, Mapping):
            _refuse_overwriting(base[key], value, f"{above}{key}.")
        elif key in base:
            raise SettingsError(
                [
                    f"LITEFS['PROXY_EXTRA'] must not set {above}{key}, which follows from other settings: "
                    "docs/settings.md lists them."
                ]
            )


def _refuse_expansion(value: Any) -> None:
    if isinstance(value, str) and "${" in value:
        raise SettingsError(
            [f"LITEFS: {value!r} contains '${{', which litefs-proxy would expand: write it out."]
        )
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            _refuse_expansion(item)
