"""System checks of `check --deploy`: what a site keeps on one node only, and reads that write, each with its fix."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage
from django.core.checks import Warning as CheckWarning
from django.core.files.storage import FileSystemStorage
from django.db.models import FileField

from django_litefs._values import ANY_HOST, split_address
from django_litefs.checks import LOCAL_CACHES, in_cluster, uses_litefs
from django_litefs.conf import effective
from django_litefs.settings import Settings

DATABASE_CACHE = "django.core.cache.backends.db.DatabaseCache"
DATABASE_SESSIONS = ("django.contrib.sessions.backends.db", "django.contrib.sessions.backends.cached_db")
MEMORY_LAYER = "channels.layers.InMemoryChannelLayer"
LEAST_CANDIDATES = 2


def check_deploy(**_: Any) -> list[CheckMessage]:
    if not uses_litefs() or not in_cluster():
        return []
    s = effective()
    return [*_files(), *_caches(), *_channel_layers(), *_reads_that_write(), *_candidates(s), *_addresses(s)]


def _warning(number: int, message: str, hint: str) -> CheckMessage:
    return CheckWarning(message, hint=hint, id=f"django_litefs.W{number:03}")


def _files() -> Iterator[CheckMessage]:
    fields = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, FileField) and isinstance(field.storage, FileSystemStorage)
    ]
    if fields:
        yield _warning(
            5,
            f"Uploaded files ({', '.join(fields)}) are kept on the node that got them only: LiteFS copies databases.",
            "Set STORAGES['default'] to an object store, such as django-storages' S3Storage, or mount a shared folder.",
        )


def _caches() -> Iterator[CheckMessage]:
    for alias, cache in settings.CACHES.items():
        backend = cache.get("BACKEND", "")
        name = backend.rpartition(".")[2]
        if backend in LOCAL_CACHES:
            yield _warning(
                6,
                f"CACHES[{alias!r}] ({name}) is a cache of each process or node: what one deletes, others still serve.",
                "Use Redis or Memcached, or keep in it only what may be old for as long as its time-out.",
            )
        if backend == DATABASE_CACHE:
            yield _warning(
                8,
                f"CACHES[{alias!r}] is a DatabaseCache: each cache miss in a GET becomes a write on the primary.",
                "Use Redis, Memcached or LocMemCache.",
            )


def _channel_layers() -> Iterator[CheckMessage]:
    for alias, layer in getattr(settings, "CHANNEL_LAYERS", {}).items():
        if layer.get("BACKEND") == MEMORY_LAYER:
            yield _warning(
                10,
                f"CHANNEL_LAYERS[{alias!r}] is in the memory of one process: messages reach its own clients only.",
                "Use channels_redis.",
            )


def _reads_that_write() -> Iterator[CheckMessage]:
    if settings.SESSION_SAVE_EVERY_REQUEST and settings.SESSION_ENGINE in DATABASE_SESSIONS:
        yield _warning(
            7,
            "SESSION_SAVE_EVERY_REQUEST makes each GET of a visitor with a session a write on the primary.",
            "Set it to False, or SESSION_ENGINE to 'django.contrib.sessions.backends.signed_cookies'.",
        )
    throttles = getattr(settings, "REST_FRAMEWORK", {}).get("DEFAULT_THROTTLE_CLASSES", ())
    if throttles and settings.CACHES.get("default", {}).get("BACKEND") == DATABASE_CACHE:
        yield _warning(
            9,
            "Throttles count in the default cache, which is a DatabaseCache: each request becomes a write.",
            "Point the throttle classes' `cache` at Redis or Memcached.",
        )


def _candidates(s: Settings) -> Iterator[CheckMessage]:
    if s.static_lease:
        yield _warning(
            11,
            "STATIC_PRIMARY is the only node that can be primary: while it is down, nothing can be written.",
            "Use CONSUL_URL with two candidates or more.",
        )
    elif isinstance(s.primary_url, dict) and len(s.primary_url) < LEAST_CANDIDATES:
        yield _warning(
            11,
            "PRIMARY_URL names one node: nobody can take over from it.",
            "Run two candidates or more, and name them on each node.",
        )


def _addresses(s: Settings) -> Iterator[CheckMessage]:
    advertised = urlsplit(s.advertise_url)
    port = split_address(s.http_addr)[1]
    if advertised.port and advertised.port != port:
        yield _warning(
            12,
            f"ADVERTISE_URL says port {advertised.port}, LiteFS listens on {s.http_addr}.",
            "Make them equal, unless something between the nodes translates ports.",
        )
    if not s.static_lease and _is_loopback(advertised.hostname or ""):
        yield _warning(
            12,
            f"ADVERTISE_URL {s.advertise_url} is this machine's own loopback: other machines cannot follow it.",
            "Name the address that the other nodes reach.",
        )
    if s.admin_addr and split_address(s.admin_addr)[0] in ANY_HOST:
        yield _warning(
            13,
            f"ADMIN_ADDR {s.admin_addr} shows metrics and status, without a password, on all interfaces.",
            "Name one private address, such as 127.0.0.1:20203.",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
