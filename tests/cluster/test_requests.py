"""What one client sees of the cluster: writes anywhere, reads anywhere, uploads, pages that write."""

from __future__ import annotations

import hashlib
import random
import re
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tools.cluster import Answer, Client, Cluster, until

pytestmark = pytest.mark.integration

SESSIONS = 400
AT_ONCE = 8
ROUNDS = 100
UPLOAD_BYTES = 20_000_000


def test_sessions_read_their_own_writes_on_another_node(
    cluster: Cluster, measured: Callable[[str], None]
) -> None:
    choice = random.Random(3)
    pairs = [choice.sample(cluster.nodes, 2) for _ in range(SESSIONS)]

    def session(number: int) -> tuple[Answer, Answer]:
        write_at, read_at = pairs[number]
        token = secrets.token_hex(8)
        with Client() as client:
            written = client.post_json(write_at.front, "/api/notes/", {"title": "session", "token": token})
            read = client.get(read_at.front, f"/api/notes/?token={token}")
        return written, read

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(session, range(SESSIONS)))
    errors = [a for pair in answers for a in pair if a.status not in (200, 201)]
    stale = [read for _, read in answers if read.status == 200 and len(read.json()["notes"]) != 1]
    times = sorted(read.seconds for _, read in answers)
    elsewhere = sum(read.served_by[1] == "replica" for _, read in answers)
    measured(
        f"{SESSIONS} sessions at {AT_ONCE} at a time: {len(stale)} stale reads, {len(errors)} errors; "
        f"read after write p50 {times[SESSIONS // 2] * 1000:.1f} ms, "
        f"p99 {times[SESSIONS * 99 // 100] * 1000:.1f} ms, {elsewhere} of them served by a replica"
    )
    assert not errors, errors[0].text
    assert not stale
    assert elsewhere > SESSIONS / 4, "reads must be local as a rule"


def test_what_reading_ones_own_write_elsewhere_costs(
    cluster: Cluster, measured: Callable[[str], None]
) -> None:
    """Against the same read, of a page that has changed as well, by a visitor who demands no position."""
    primary, replica = cluster.primary, cluster.replicas[0]
    own, plain = [], []
    for _ in range(ROUNDS):
        token = secrets.token_hex(8)
        path = f"/api/notes/?token={token}"
        with Client() as writer, Client() as reader:
            for client in (writer, reader):  # connections are there already
                assert client.get(replica.front, "/api/notes/?token=none").status == 200
            written = writer.post_json(primary.front, "/api/notes/", {"title": "cost", "token": token})
            assert written.status == 201
            read = writer.get(replica.front, path)
            assert (len(read.json()["notes"]), read.served_by[0]) == (1, replica.name)
            own.append(read.seconds)
            writer.post_json(primary.front, "/api/notes/", {"title": "cost", "token": token})
            until(lambda: replica.health()["positions"] == primary.health()["positions"], "caught up", 5)
            plain.append(reader.get(replica.front, path).seconds)
    half = ROUNDS // 2
    added = (sorted(own)[half] - sorted(plain)[half]) * 1000
    measured(
        f"own write read elsewhere p50 {sorted(own)[half] * 1000:.2f} ms, plain read {sorted(plain)[half] * 1000:.2f} "
        f"ms: {added:.2f} ms more"
    )


def test_a_post_at_a_replica_is_answered_by_the_app_and_runs_once(cluster: Cluster) -> None:
    replica, primary = cluster.replicas[0], cluster.primary
    token = secrets.token_hex(8)
    with Client() as client:
        answer = client.post_json(replica.front, "/api/notes/", {"title": "at a replica", "token": token})
        assert answer.status == 201
        assert answer.json()["token"] == token
        assert answer.json()["node"] == primary.name
        assert answer.served_by[:2] == (primary.name, "primary")
        assert not [name for name in answer.headers if name.lower().startswith("fly-")]
        for node in cluster.nodes:
            assert len(client.get(node.front, f"/api/notes/?token={token}").json()["notes"]) == 1


def test_an_api_client_without_cookies_carries_the_position_header(cluster: Cluster) -> None:
    replica, other = cluster.replicas
    token = secrets.token_hex(8)
    with Client() as writer:
        written = writer.post_json(replica.front, "/api/notes/", {"title": "no cookies", "token": token})
    with Client() as reader:
        position = {"litefs-position": written.headers["litefs-position"]}
        read = reader.get(other.front, f"/api/notes/?token={token}", position)
    assert len(read.json()["notes"]) == 1


def test_a_form_and_its_redirect(cluster: Cluster) -> None:
    first, second = cluster.replicas
    with Client() as browser:
        browser.get(first.front, "/")
        form = f"title=Written+by+hand&text=&csrfmiddlewaretoken={browser.cookies['csrftoken']}"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        posted = browser.request(first.front, "POST", "/", form.encode(), headers)
        assert posted.status == 302
        shown = browser.get(second.front, posted.headers["Location"])
    assert shown.status == 200
    assert "Written by hand" in shown.text


def test_a_get_that_writes(cluster: Cluster) -> None:
    counts = []
    with Client() as client:
        for node in [*cluster.nodes, *cluster.nodes]:
            answer = client.get(node.front, "/visits/")
            assert (answer.status, answer.served_by[0]) == (200, cluster.primary.name), answer.text
            found = re.search(r'id="count">(\d+)<', answer.text)
            assert found
            counts.append(int(found[1]))
    assert counts == list(range(counts[0], counts[0] + len(counts)))


def test_an_upload_of_20_mb_through_a_replica(cluster: Cluster, measured: Callable[[str], None]) -> None:
    content = secrets.token_bytes(UPLOAD_BYTES)
    replica = cluster.replicas[0]
    with Client() as client:
        answer = client.post_file(replica.front, "/attachments/", "random.bin", content)
        assert answer.status == 302
        assert answer.served_by[0] == cluster.primary.name
        stored = client.get(replica.front, "/api/attachments/").json()["attachments"][0]
    assert stored == {
        "name": "random.bin",
        "size": UPLOAD_BYTES,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    measured(f"{UPLOAD_BYTES // 10**6} MB in {answer.seconds:.2f} s")


def test_a_plain_page_and_the_admin_are_served_where_they_are_asked(cluster: Cluster) -> None:
    with Client() as client:
        for node in cluster.nodes:
            for path, status in (("/about/", 200), ("/admin/login/", 200), ("/static/notes/site.css", 200)):
                answer = client.get(node.front, path)
                assert (answer.status, answer.served_by[0]) == (status, node.name)
