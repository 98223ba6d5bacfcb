"""The other nodes and Consul: reachable, of one secret and one time; and a real write through the front door."""

from __future__ import annotations

import base64
import email.utils
import http.client
import json
import ssl
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

from django_litefs import health, lease
from django_litefs._values import ANY_HOST, split_address
from django_litefs.conf import this_node
from django_litefs.doctor import Finding, good, probe, problem, redacted, unknown, warning
from django_litefs.settings import Settings

TIMEOUT_S = 3.0
SKEW_S = 5.0
ARRIVED_WITHIN_S = 5.0


def consul(s: Settings) -> Iterator[Finding]:
    if not s.consul_url:
        return
    where = redacted(s.consul_url)
    began = time.time()
    try:
        status, headers, body = _get(lease.place(s))
    except (OSError, http.client.HTTPException) as error:
        yield problem(
            "consul",
            f"Consul at {where} does not answer: {error}.",
            "Without it no primary is found or changed: see LITEFS['CONSUL_URL'], the network and Consul's own log.",
        )
        return
    if status == 200:
        yield good("consul", f"{where} answers; the lease {s.consul_key} is of {_owner(body)}")
    elif status == 404:
        yield warning(
            "consul",
            f"{where} answers; nobody holds the lease {s.consul_key}.",
            "Start a node whose LITEFS['CANDIDATE'] is true, or correct LITEFS['CONSUL_KEY'].",
        )
    else:
        yield problem(
            "consul",
            f"{where} answers {status}.",
            "See the token in LITEFS['CONSUL_URL'] and the rights that it has on the key.",
        )
    yield from _clock("Consul", headers, began)


def nodes(s: Settings) -> Iterator[Finding]:
    if not s.cluster:
        return
    found, why = health.cluster()
    if found is None:
        yield unknown("nodes", why, "Start the node: manage.py litefs_start.")
        return
    if error := found.get("error"):
        if "secret-mismatch" in error:
            yield problem(
                "secret",
                "The primary refuses this node: its secret is another one.",
                "Give all nodes the same SECRET_KEY (or LITEFS['SECRET']), with the old one among the fallbacks.",
            )
        else:
            yield problem(
                "nodes", f"{error}.", "See LITEFS['PRIMARY_URL'] and the network between the nodes."
            )
        return
    yield good("secret", "every linked node has the same secret")
    candidates = sum(bool(node.get("candidate")) for node in found["nodes"])
    if candidates < 2:
        yield warning(
            "nodes",
            f"{candidates} node may become primary: if it is lost, nobody writes.",
            "Set LITEFS['CANDIDATE'] on a second one.",
        )
    for node in found["nodes"]:
        if node["linked"] and node["healthy"]:
            yield good("nodes", f"{node['hostname']} is {node['role']} and well")
        else:
            reasons = ", ".join(node["reasons"])
            yield problem("nodes", f"{node['hostname']}: {reasons}.", "See its own litefs_doctor and log.")
    versions = {node["version"] for node in found["nodes"] if node.get("version")}
    if len(versions) > 1:
        yield warning(
            "nodes", f"Several versions run: {', '.join(sorted(versions))}.", "Upgrade the older nodes."
        )


def write(s: Settings) -> Iterator[Finding]:
    """A commit that changes nothing, asked for at this node's front door, run by the app on the primary."""
    host, port = split_address(s.proxy_addr)
    began = time.monotonic()
    try:
        status, answer = probe.ask("127.0.0.1" if host in ANY_HOST else host, port, s.allowed_host)
    except (OSError, http.client.HTTPException) as error:
        yield unknown(
            "write",
            f"The front door {s.proxy_addr} does not answer: {error}.",
            "Start the node: manage.py litefs_start.",
        )
        return
    took = time.monotonic() - began
    if status == 503 and answer.get("reason") == "maintenance":
        yield unknown("write", "Writes are frozen: maintenance.", "manage.py litefs_maintenance off")
        return
    if status != 200:
        yield problem(
            "write",
            f"A write through the front door was answered with {status} {answer.get('reason', '')}".rstrip()
            + ".",
            "See litefs_status, the log of the app, and that ConsistencyMiddleware is the first in MIDDLEWARE.",
        )
        return
    yield good("write", f"the primary committed through the front door in {took * 1000:.0f} ms")
    node = this_node()
    if node is None or not answer.get("position"):
        return
    began = time.monotonic()
    if health.wait_for_position(answer["position"], ARRIVED_WITHIN_S):
        yield good("write", f"it arrived here {(time.monotonic() - began) * 1000:.0f} ms later")
    else:
        yield problem(
            "write",
            f"It did not arrive here within {ARRIVED_WITHIN_S:g} s.",
            "Does a long read hold replication up? litefs_status names its process.",
        )


def _get(place: lease.Place) -> tuple[int, http.client.HTTPMessage, bytes]:
    parts = urlsplit(place.api)
    secure = parts.scheme == "https"
    connection = (
        http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=TIMEOUT_S, context=ssl.create_default_context()
        )
        if secure
        else http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    )
    headers = {"X-Consul-Token": place.token} if place.token else {}
    try:
        connection.request("GET", f"/v1/kv/{quote(place.key)}", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def _owner(body: bytes) -> str:
    try:
        held: Any = json.loads(body)[0]
        if "Session" not in held:
            return "nobody at the moment"
        return str(json.loads(base64.b64decode(held["Value"]))["hostname"])
    except (ValueError, LookupError, TypeError):
        return "somebody who is no LiteFS"


def _clock(whose: str, headers: http.client.HTTPMessage, began: float) -> Iterator[Finding]:
    try:
        told = email.utils.parsedate_to_datetime(headers["Date"]).timestamp()
    except (TypeError, ValueError):
        return
    skew = told - (began + time.time()) / 2
    if abs(skew) <= SKEW_S:
        yield good("clock", f"as {whose}'s, within {SKEW_S:g} s")
    else:
        yield warning(
            "clock",
            f"This machine's clock is {abs(skew):.0f} s {'behind' if skew > 0 else 'before'} {whose}'s.",
            "Run an NTP client: signed cookies and logs go by it; leases and replication do not.",
        )
