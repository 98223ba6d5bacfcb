"""The LITEFS settings: one table of keys, and one function that decides what a process is.

`resolve()` reads the `LITEFS` dict of any settings object, environment overrides (`LITEFS_<KEY>`), and the platform's
own variables, and returns a frozen `Settings`. It raises `SettingsError`, whose problems each name the key and the
fix. Nothing here imports Django or does anything at import.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

LOGIN_CALLBACKS = ("/accounts/*/login/callback/*", "/complete/*", "/oidc/callback/*")


class SettingsError(Exception):
    """The settings cannot work. `problems` holds one sentence for each thing to change."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def setting(default: Any, kind: str, doc: str) -> Any:
    metadata = {"kind": kind, "doc": doc}
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Settings:
    """Every key of `LITEFS` in lower case, then what `resolve()` found out."""

    enabled: bool | None = setting(
        None, "bool", "False: a single node on a plain SQLite file, without LiteFS."
    )
    mount_path: str = setting("/litefs", "path", "Where LiteFS mounts the databases.")
    data_path: str = setting(
        "/var/lib/litefs", "path", "LiteFS's own data, the generated files and the control socket."
    )
    database_name: str = setting("db.sqlite3", "file", "The database that NAME 'default' means.")
    databases: tuple[str, ...] = setting((), "files", "Further databases of the mount.")
    proxy_addr: str = setting(":8081", "address", "The front door: where litefs-proxy listens.")
    admin_addr: str = setting(
        "", "address", "Where metrics and status are served, e.g. 127.0.0.1:20203; never a public address."
    )
    proxy_target: str = setting("127.0.0.1:8000", "address", "Where the app server listens.")
    tls_addr: str = setting(
        "", "address", "Where clients are served over TLS as well, e.g. :8443; needs TLS_CERT and TLS_KEY."
    )
    tls_cert: str = setting("", "path or empty", "The certificate for TLS_ADDR and its chain, a PEM file.")
    tls_key: str = setting("", "path or empty", "The key of TLS_CERT, a PEM file without a password.")
    tls_client_ca: str = setting(
        "", "path or empty", "Clients of TLS_ADDR must show a certificate that this PEM file signed."
    )
    peer_tls_ca: str = setting(
        "",
        "path or empty",
        "Who signs the peers' certificates, if PRIMARY_URL is https. Default: the system's.",
    )
    peer_tls_cert: str = setting(
        "", "path or empty", "The certificate that this node shows to its peers; needs PEER_TLS_KEY."
    )
    peer_tls_key: str = setting("", "path or empty", "The key of PEER_TLS_CERT.")
    primary_url: str | dict[str, str] = setting(  # noqa: RUF009
        "",
        "str or dict",
        "How a peer's proxy is reached: a template with {hostname}, or {hostname: url}. "
        "Default: http://{hostname}:<port of PROXY_ADDR>.",
    )
    hostname: str = setting("", "str", "This node's name in the cluster. Default: the machine's.")
    advertise_url: str = setting(
        "", "url", "How other nodes reach this node's LiteFS, e.g. http://10.0.0.5:20202."
    )
    http_addr: str = setting(
        "", "address", "Where LiteFS's API listens. Default: the address of ADVERTISE_URL."
    )
    candidate: bool | None = setting(
        None, "bool", "May this node become primary? Default: True; on Fly, only in PRIMARY_REGION."
    )
    promote: bool = setting(False, "bool", "LiteFS asks for the primary role at each start.")
    consul_url: str = setting("", "url", "The Consul that holds the lease. Default on Fly: FLY_CONSUL_URL.")
    lease_url: str = setting("", "url", "The same as CONSUL_URL, under its older name.")
    consul_key: str = setting(
        "", "str", "The lease's key, one for each site. Default on Fly: litefs/<FLY_APP_NAME>."
    )
    consul_ttl: str = setting("10s", "duration", "How long the lease outlives a silent primary.")
    consul_lock_delay: str = setting("1s", "duration", "Pause before an expired lease can be taken.")
    static_primary: dict[str, str] = setting(  # noqa: RUF009
        {}, "dict", "A fixed primary instead of Consul: {'hostname': …, 'url': …}."
    )
    secret: str | tuple[str, ...] = setting(
        (),
        "str or list",
        "Signs requests between nodes; the first signs, all verify. Default: derived from "
        "SECRET_KEY and SECRET_KEY_FALLBACKS.",
    )
    read_wait: str = setting("1s", "duration", "How long a read waits for the client's own write to arrive.")
    primary_redirect_timeout: str = setting(
        "",
        "duration",
        "How long a write waits for a primary. Default: 2 x CONSUL_TTL + CONSUL_LOCK_DELAY + 4s.",
    )
    max_lag: str = setting(
        "10s", "duration", "Reads of a replica further behind are marked; health answers 503."
    )
    stale_reads: bool = setting(True, "bool", "Serve marked stale reads while the primary is unreachable.")
    read_gate: bool = setting(
        True,
        "bool",
        "Let reads on a replica wait a moment (50 ms at most) while it applies what the primary wrote.",
    )
    long_read: str = setting("1s", "duration", "Reads on a replica that take longer are logged. 0s: none.")
    max_read_transaction: str = setting(
        "30s", "duration", "A read on a replica that takes longer is ended with ReadTooLongError. 0s: none."
    )
    passthrough: tuple[str, ...] = setting(
        (), "list", "Paths served locally without any waiting, e.g. /static/*."
    )
    always_forward: tuple[str, ...] = setting(
        LOGIN_CALLBACKS, "list", "Paths whose GETs write: straight to the primary."
    )
    primary_views: tuple[str, ...] = setting(
        (),
        "list",
        "Views that write in a GET, as by @primary: names of URLs, or dotted paths of views that are not yours.",
    )
    ack: str = setting(
        "local",
        "choice:local,replicated",
        "When a write is acknowledged: as soon as it is committed on the primary, or when the other candidates "
        "have it too.",
    )
    ack_paths: tuple[str, ...] = setting(
        (), "list", "Paths whose writes are acknowledged as replicated although ACK is local, e.g. /orders/*."
    )
    ack_quorum: str = setting(
        "all", "choice:all,any", "How many candidates must have it. any: one, so the write is on two nodes."
    )
    ack_timeout: str = setting("1s", "duration", "How long an answer waits for them; at most 2s.")
    ack_on_timeout: str = setting(
        "degrade",
        "choice:degrade,fail",
        "Then: an answer that says litefs-replicated: no; or 504, and no write begins while a candidate is away.",
    )
    trusted_proxies: tuple[str, ...] = setting(
        (),
        "list",
        "Addresses or networks whose X-Forwarded-* and Fly-* are believed. Default on Fly: 172.16.0.0/12.",
    )
    transport: str = setting(
        "direct",
        "choice:direct,auto,fly-replay",
        "How requests get to the primary. auto: by Fly's proxy on Fly where it can, else direct.",
    )
    allow_app_replay: bool = setting(
        False, "bool", "Let the site's own fly-replay response headers through to Fly's proxy."
    )
    target_connections: int | None = setting(
        None, "int", "Connections to the app server at once. Default: 2 x workers where known, else 64."
    )
    cold_start_wait: str = setting(
        "30s",
        "duration",
        "How long a starting node waits for candidates that may hold more, before it serves reads only.",
    )
    start_behind: str = setting(
        "refuse",
        "choice:refuse,allow",
        "allow: after COLD_START_WAIT the best of those that came becomes primary, whatever others may hold.",
    )
    migrate_timeout: str = setting("10m", "duration", "How long a starting node waits for migrations.")
    user: str = setting(
        "",
        "str",
        "The user that the app server, migrations and PROCESSES run as, if litefs_start is run by root; LiteFS itself "
        "needs root or the right to use FUSE.",
    )
    processes: tuple[dict[str, Any], ...] = setting(
        (),
        "dicts",
        "Further processes of this node beside the app server, such as a worker that runs on the primary only: "
        "{'name': …, 'cmd': […], 'run-on': 'primary'}.",
    )
    retention: str = setting("1h", "duration", "How long LiteFS keeps transaction files.")
    retention_monitor_interval: str = setting(
        "1m", "duration", "How often LiteFS looks for transaction files that are older."
    )
    allow_other: bool = setting(False, "bool", "Let other users use the mount; always so with USER.")
    auto_start: bool = setting(
        True, "bool", "runserver starts LiteFS and litefs-proxy on a node of a cluster, and stops them."
    )
    stop_timeout: str = setting("25s", "duration", "A stopping node ends within this time.")
    cookie_name: str = setting("litefs-position", "str", "Name of the consistency cookie.")
    cookie_samesite: Literal["Lax", "Strict", "None"] = setting(
        "Lax", "choice:Lax,Strict,None", "Its SameSite attribute."
    )
    cookie_domain: str = setting("", "str", "Its Domain attribute. Default: the host alone.")
    log_level: str = setting(
        "info", "choice:debug,info,warning,error", "How much litefs-proxy and LiteFS log."
    )
    log_format: str = setting("text", "choice:text,json", "Format of those logs.")
    access_log_file: str = setting(
        "", "path or empty", "Where litefs-proxy writes its access log. Default: standard output."
    )
    binary_path: str = setting(
        "", "path or empty", "Folder with litefs and litefs-proxy. Default: the bundled ones."
    )
    extra: dict[str, Any] = setting({}, "dict", "Merged into the generated litefs.yml: any key of LiteFS.")  # noqa: RUF009
    proxy_extra: dict[str, Any] = setting(  # noqa: RUF009
        {}, "dict", "Merged into the generated litefs-proxy.yml: any key of litefs-proxy without a setting."
    )

    # Found out, not settable:
    cluster: bool = field(default=False, metadata={"derived": True})
    single_because: str = field(default="", metadata={"derived": True})
    under_test: bool = field(default=False, metadata={"derived": True})
    debug: bool = field(default=False, metadata={"derived": True})
    base_dir: str = field(default="", metadata={"derived": True})
    secrets: tuple[str, ...] = field(default=(), repr=False, metadata={"derived": True})
    allowed_host: str = field(default="localhost", metadata={"derived": True})

    @property
    def database_folder(self) -> str:
        """Where this process finds its databases."""
        if self.cluster:
            return self.mount_path
        return self.base_dir if (self.debug or self.under_test) and self.base_dir else self.data_path

    @property
    def all_databases(self) -> tuple[str, ...]:
        return (self.database_name, *(name for name in self.databases if name != self.database_name))

    @property
    def static_lease(self) -> bool:
        return bool(self.static_primary)


@dataclass(frozen=True)
class Setting:
    """One row of the documented table."""

    key: str
    kind: str
    default: Any
    doc: str

    @property
    def environment(self) -> str:
        return f"LITEFS_{self.key}"


def _default(f: dataclasses.Field[Any]) -> Any:
    if f.default is not dataclasses.MISSING:
        return f.default
    return f.default_factory() if f.default_factory is not dataclasses.MISSING else None


SETTINGS: tuple[Setting, ...] = tuple(
    Setting(f.name.upper(), f.metadata["kind"], _default(f), f.metadata["doc"])
    for f in dataclasses.fields(Settings)
    if "derived" not in f.metadata
)


def resolve(django_settings: object, environ: Mapping[str, str], argv: Sequence[str]) -> Settings:
    """The effective settings of this process. The only place that decides between cluster and single node."""
    from django_litefs._resolve import resolve_settings

    return resolve_settings(django_settings, environ, argv)
