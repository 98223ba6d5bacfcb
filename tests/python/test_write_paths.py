"""No way of writing slips through: refused at once on a replica, never acknowledged without a commit on a primary."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connections, transaction

from django_litefs import consistency
from django_litefs.exceptions import LiteFSError, NotPrimaryError
from tests.python import write_paths
from tests.python.conftest import ALIAS
from tests.python.litefs_node import LitefsNode
from tests.python.sql import execute
from tests.python.write_paths import PATHS, NotCachedError, stored

pytestmark = pytest.mark.integration
AT_ONCE_S = 2.0
KILL_WITHIN_S = 0.06
NAMED = {"session": "session store", "admin_log": "log of the admin", "last_login": "last_login"}


def use(wrapper: Any) -> None:
    """As this thread's "default"."""
    wrapper.alias = "default"
    connections["default"] = wrapper


@pytest.fixture
def primary(wrapper: Any) -> Iterator[Any]:
    """The primary's connection with Django's tables, as the alias "default"."""
    before = connections["default"]
    use(wrapper)
    write_paths.create_tables()
    yield wrapper
    wrapper.alias = ALIAS
    connections["default"] = before


@pytest.mark.usefixtures("primary")
def test_on_the_primary_each_way_writes() -> None:
    for name, write in PATHS.items():
        write(f"t{name}")
        assert stored(f"t{name}"), name


@pytest.mark.usefixtures("primary")
def test_on_a_replica_each_way_is_refused_at_once(on_replica: Any, replica: LitefsNode) -> None:
    use(on_replica)
    position = replica.position()
    for name, write in PATHS.items():
        with consistency.opened(consistency.make_context("GET", "1")) as context:
            began = time.monotonic()
            with pytest.raises((NotPrimaryError, NotCachedError)) as caught:
                write(f"t{name}")
            assert time.monotonic() - began < AT_ONCE_S, name
        if name != "cache_table":  # Django's cache keeps database errors to itself
            error = caught.value
            assert isinstance(error, NotPrimaryError), name
            assert (error.role, error.primary, error.database) == ("replica", "n0", "db.sqlite3"), name
            assert NAMED.get(name, "") in str(error)
        assert context.refused_write, name
        assert context.replay, name
        assert not on_replica.connection.in_transaction, name
    assert replica.position() == position


def kill_while_writing(node: LitefsNode, name: str, delay: float) -> tuple[list[str], str]:
    """The tokens that were acknowledged until LiteFS was killed, and the one that was under way."""
    acknowledged: list[str] = []
    killer = threading.Timer(delay, node.kill)
    killer.start()
    try:
        while True:
            token = f"t{len(acknowledged)}{name}{random.getrandbits(32):x}"
            PATHS[name](token)
            acknowledged.append(token)
    except (LiteFSError, NotCachedError):
        return acknowledged, token  # anything else, a bare "disk I/O error" say, fails the test
    finally:
        killer.join()


@pytest.mark.parametrize("name", PATHS)
def test_killed_in_that_instant_no_way_claims_success(
    primary: Any, on_node: LitefsNode, name: str, kills: int
) -> None:
    for _ in range(kills):
        acknowledged, under_way = kill_while_writing(on_node, name, random.uniform(0, KILL_WITHIN_S))
        primary.in_atomic_block, primary.needs_rollback, primary.savepoint_ids = False, False, []
        primary.close()  # as a request's end does: a transaction that was cut in its middle is not gone on with
        on_node.unmount()
        on_node.start()
        if name in OVERWRITING:
            assert not acknowledged or stored(acknowledged[-1]) or stored(under_way)
        else:
            assert [token for token in acknowledged if not stored(token)] == []


# Each write replaces the one before.
OVERWRITING = ("bulk_update", "queryset_update", "while_iterating")


def test_no_false_alarm(primary: Any, harmless: int) -> None:
    """Statements that count as changes for SQLite, and commit nothing."""
    execute(primary, "CREATE TEMP TABLE scratch (x)")
    user = User.objects.get(username="kept")
    for number in range(harmless):
        user.save()
        execute(primary, "UPDATE auth_user SET first_name = first_name")
        execute(primary, "INSERT INTO scratch VALUES (1)")
        with transaction.atomic():
            sid = transaction.savepoint()
            Group.objects.create(name=f"never{number}")
            transaction.savepoint_rollback(sid)
    assert not Group.objects.filter(name__startswith="never").exists()
