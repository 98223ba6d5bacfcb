"""A Consul like Fly's: https, a token and a prefix in its URL. The proxy asks it as LiteFS does."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tools.cluster import Client, Cluster, until

pytestmark = pytest.mark.integration

WITHOUT_THE_PROXY = 18.0  # until Consul gives away the lease of a session that nobody ended


def test_the_lease_is_watched_and_given_back(measured: Callable[[str], None]) -> None:
    with Cluster(2, secure_consul=True) as cluster:
        (replica,) = cluster.replicas
        cluster.primary.kill_litefs()
        began = time.monotonic()
        with Client() as client:  # held while there is no primary; what the dying one had begun is refused

            def written() -> bool:
                return client.post_json(replica.front, "/api/notes/", {"title": "x"}).status == 201

            until(written, "a write", within=60)
        took = time.monotonic() - began
        cluster.wait_settled()
        primary = cluster.primary
        cluster.consul.stop()
        until(
            lambda: "Consul cannot be asked" in primary.log.read_text(), "the guard misses Consul", within=30
        )
    assert took < WITHOUT_THE_PROXY / 2
    measured(f"a write {took:.1f} s after the primary's LiteFS was killed")
