"""What Consul says of this site's cluster before anything starts: which one holds the lease's key, if any."""

from __future__ import annotations

import os
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import NamedTuple

from django_litefs.settings import Settings, SettingsError

ANSWER_WITHIN_S = 3.0
EMPTY_NODE_WAITS_S = 30.0  # for a Consul that is starting itself
PAUSE_S = 0.5
CLUSTER_ID_FILE = "clusterid"


def bootstraps(s: Settings) -> bool:
    """No cluster exists, neither here nor under the lease's key: this node may be the first primary.

    Raises SettingsError if both exist and differ, or if an empty node cannot find out.
    """
    own = local_cluster_id(s)
    deadline = time.monotonic() + (0 if own else EMPTY_NODE_WAITS_S)
    while True:
        try:
            known = remote_cluster_id(s)
            break
        except OSError as error:
            if own:
                return False  # it has data to serve, and LiteFS goes on asking
            if time.monotonic() > deadline:
                raise SettingsError(
                    [f"LITEFS['CONSUL_URL']: Consul does not tell whether a cluster exists ({error})."]
                ) from None
        time.sleep(PAUSE_S)
    if own and known and own != known:
        raise SettingsError(
            [
                f"LITEFS['DATA_PATH'] {s.data_path} belongs to the cluster {own}, but the lease {s.consul_key!r} "
                f"belongs to {known}: correct CONSUL_KEY, or move the folder away and join that cluster empty."
            ]
        )
    return not own and not known


def local_cluster_id(s: Settings) -> str:
    try:
        with open(os.path.join(s.data_path, CLUSTER_ID_FILE), encoding="ascii") as file:
            return file.read().strip()
    except FileNotFoundError:
        return ""


class Place(NamedTuple):
    """Where LiteFS keeps the lease."""

    api: str  # "https://host:port"
    key: str
    token: str  # "": none


def place(s: Settings) -> Place:
    """As LiteFS reads CONSUL_URL: its path is a prefix of the key, its password the token (consul/consul.go)."""
    url = urllib.parse.urlsplit(s.consul_url)
    key = "/".join(part.strip("/") for part in (url.path, s.consul_key) if part.strip("/"))
    host = url.netloc.rpartition("@")[2]
    token = urllib.parse.unquote(url.password or "") or os.environ.get("CONSUL_HTTP_TOKEN", "")
    return Place(f"{url.scheme}://{host}", key, token)


def remote_cluster_id(s: Settings) -> str:
    """'' if there is none."""
    api, key, token = place(s)
    request = urllib.request.Request(  # noqa: S310 (the scheme was checked with the settings)
        f"{api}/v1/kv/{urllib.parse.quote(f'{key}/{CLUSTER_ID_FILE}')}?raw"
    )
    if token:
        request.add_header("X-Consul-Token", token)
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_WITHIN_S) as answer:  # noqa: S310
            return str(answer.read().decode("ascii", "replace")).strip()
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return ""
        raise
