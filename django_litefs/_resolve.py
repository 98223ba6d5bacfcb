"""How `settings.resolve()` works: read, check each value, derive the rest, check what belongs together."""

from __future__ import annotations

import difflib
import hashlib
import hmac
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from django_litefs import _core, _rules
from django_litefs._rules import LITEFS_PORT
from django_litefs._values import InvalidValueError, convert, from_environment, split_address
from django_litefs.settings import SETTINGS, Settings, SettingsError

FLY_PROXY_NETWORK = "172.16.0.0/12"  # where Fly's proxy connects to a machine from
NO_LEASE = (
    "LITEFS: DEBUG is off and no lease is configured. Set LITEFS['CONSUL_URL'] (or STATIC_PRIMARY) for a cluster, "
    "or LITEFS['ENABLED'] = False for a single node on a plain SQLite file."
)
NO_PRIMARY_REGION = (
    "LITEFS['CANDIDATE']: PRIMARY_REGION is not set, so that no machine may become primary: write primary_region in "
    "fly.toml, or set CANDIDATE."
)
NO_LEASE_ENABLED = (
    "LITEFS['ENABLED'] is True but no lease is configured: set LITEFS['CONSUL_URL'] or STATIC_PRIMARY."
)


def resolve_settings(django_settings: object, environ: Mapping[str, str], argv: Sequence[str]) -> Settings:
    values = _read(getattr(django_settings, "LITEFS", None) or {}, environ)
    s = Settings(**values)
    s = replace(
        s,
        debug=bool(getattr(django_settings, "DEBUG", False)),
        base_dir=os.fspath(getattr(django_settings, "BASE_DIR", "")),
        under_test=is_test_runner(argv),
        allowed_host=_allowed_host(getattr(django_settings, "ALLOWED_HOSTS", ())),
    )
    s = replace(s, consul_url=_consul_url(s, environ))
    problems: list[str] = []
    leased = bool(s.consul_url or s.static_primary)
    if s.enabled is False or s.under_test or (s.enabled is None and s.debug and not leased):
        s = replace(s, cluster=False)
        s = replace(s, single_because=_single_because(s))
        problems += _rules.everywhere(s) + _rules.single(s)
    elif not leased:
        problems.append(NO_LEASE if s.enabled is None else NO_LEASE_ENABLED)
    else:
        intended = bool(s.http_addr)
        s = _derive_cluster(replace(s, cluster=True), environ, problems)
        s = replace(s, secrets=_secrets(s, django_settings))
        problems += _rules.everywhere(s) + _rules.cluster(s) + _rules.http_addr(s, intended=intended)
    if problems:
        raise SettingsError(problems)
    timeout = s.primary_redirect_timeout or _redirect_timeout(s)
    return replace(s, primary_redirect_timeout=timeout, primary_url=s.primary_url or _primary_url(s))


def is_test_runner(argv: Sequence[str]) -> bool:
    """`manage.py test` or pytest. Judged by the command line: environment variables reach child processes as well."""
    if not argv:
        return False
    program = argv[0].replace(os.sep, "/")
    if program.rsplit("/", 1)[-1] in ("pytest", "py.test") or program.endswith("pytest/__main__.py"):
        return True
    return len(argv) > 1 and argv[1] == "test"


def _read(given: Any, environ: Mapping[str, str]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise SettingsError([f"LITEFS must be a dict, not {type(given).__name__}."])
    known = {s.key: s for s in SETTINGS}
    problems = [_unknown_key(key, known) for key in given if key not in known]
    values: dict[str, Any] = {}
    for key, row in known.items():
        try:
            if row.environment in environ:
                values[key.lower()] = from_environment(row, environ[row.environment])
            elif key in given:
                values[key.lower()] = convert(f"LITEFS[{key!r}]", row.kind, given[key])
        except InvalidValueError as error:
            problems.append(str(error))
    if problems:
        raise SettingsError(problems)
    return values


def _unknown_key(key: object, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(str(key).upper(), known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else " docs/settings.md lists the keys."
    return f"LITEFS[{key!r}] is not a setting.{hint}"


def _allowed_host(hosts: Sequence[str]) -> str:
    first = hosts[0] if hosts else "localhost"
    return "localhost" if first == "*" else first.lstrip(".")


def _consul_url(s: Settings, environ: Mapping[str, str]) -> str:
    if s.consul_url and s.lease_url:
        raise SettingsError(
            ["LITEFS['CONSUL_URL'] and LITEFS['LEASE_URL'] are both set: keep CONSUL_URL only."]
        )
    explicit = s.consul_url or s.lease_url
    if explicit and s.static_primary:
        raise SettingsError(
            ["LITEFS has both lease kinds, CONSUL_URL and STATIC_PRIMARY: remove one of them."]
        )
    if explicit or s.static_primary or s.enabled is False:
        return explicit
    return environ.get("FLY_CONSUL_URL", "")


def _single_because(s: Settings) -> str:
    why = (
        "this is a test runner"
        if s.under_test
        else "LITEFS['ENABLED'] is False"
        if s.enabled is False
        else "DEBUG is on and no lease is configured"
    )
    return f"single node on the plain file {os.path.join(s.database_folder, s.database_name)}, since {why}."


def _derive_cluster(s: Settings, environ: Mapping[str, str], problems: list[str]) -> Settings:
    fly_app, fly_machine = environ.get("FLY_APP_NAME", ""), environ.get("FLY_MACHINE_ID", "")
    on_fly = bool(fly_app and fly_machine)
    fly_host = f"{fly_machine}.vm.{fly_app}.internal" if on_fly else ""
    # Fly's proxy is told a machine's id, and so is LiteFS's own proxy.
    hostname = s.hostname or (fly_machine if on_fly else "") or socket.gethostname()
    primary_url = s.primary_url
    if on_fly and not s.hostname and not primary_url:
        primary_url = f"http://{{hostname}}.vm.{fly_app}.internal:{split_address(s.proxy_addr)[1]}"
    problems += _rules.transport(s, hostname, fly_machine)
    advertise = s.advertise_url or (f"http://{fly_host}:{LITEFS_PORT}" if on_fly else "")
    candidate = s.candidate
    if s.static_primary:
        if set(s.static_primary) != {"hostname", "url"}:
            raise SettingsError(
                [*problems, "LITEFS['STATIC_PRIMARY'] needs exactly the keys 'hostname' and 'url'."]
            )
        is_primary = s.static_primary["hostname"] == hostname
        if candidate is not None and candidate != is_primary:
            problems.append(
                f"LITEFS['CANDIDATE'] is {candidate}, but STATIC_PRIMARY's hostname decides who is primary: remove it."
            )
        candidate = is_primary
        advertise = advertise or (s.static_primary["url"] if is_primary else "")
    elif candidate is None:
        if on_fly and not environ.get("PRIMARY_REGION"):
            problems.append(NO_PRIMARY_REGION)
        candidate = not on_fly or environ.get("FLY_REGION", "") == environ.get("PRIMARY_REGION", "")
    key = s.consul_key or (f"litefs/{fly_app}" if fly_app else "")
    http_addr = s.http_addr or _http_addr(advertise, on_fly and not s.advertise_url)
    return replace(
        s,
        hostname=hostname,
        primary_url=primary_url,
        trusted_proxies=s.trusted_proxies or ((FLY_PROXY_NETWORK,) if on_fly else ()),
        advertise_url=advertise,
        candidate=candidate,
        consul_key=key,
        http_addr=http_addr,
    )


def _http_addr(advertise: str, on_fly: bool) -> str:
    parts = urlsplit(advertise)
    if not parts.hostname:
        return f"127.0.0.1:{LITEFS_PORT}"
    host = "fly-local-6pn" if on_fly else parts.hostname
    return f"[{host}]:{parts.port or LITEFS_PORT}" if ":" in host else f"{host}:{parts.port or LITEFS_PORT}"


def _secrets(s: Settings, django_settings: object) -> tuple[str, ...]:
    if s.secret:
        return (s.secret,) if isinstance(s.secret, str) else tuple(s.secret)
    try:
        key = getattr(django_settings, "SECRET_KEY", "")
    except Exception:  # Django's own complaint about an empty one; ours names both ways out
        key = ""
    keys = [key, *getattr(django_settings, "SECRET_KEY_FALLBACKS", ())] if key else []
    return tuple(
        hmac.new(str(key).encode(), b"django_litefs: requests between nodes, 1", hashlib.sha256).hexdigest()
        for key in keys
        if key
    )


def _redirect_timeout(s: Settings) -> str:
    seconds = 2 * _core.parse_duration(s.consul_ttl) + _core.parse_duration(s.consul_lock_delay) + 4
    return f"{round(seconds * 1000)}ms"


def _primary_url(s: Settings) -> str:
    return f"http://{{hostname}}:{split_address(s.proxy_addr)[1]}"
