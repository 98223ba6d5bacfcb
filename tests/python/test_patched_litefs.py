"""What the patches of tools/litefs change, on a real pair of nodes."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from django_litefs import _core
from tests.python.litefs_node import LitefsNode, until
from tests.python.sql import execute

pytestmark = pytest.mark.integration
DATABASE = "db.sqlite3"
SOON_S = 5.0


def test_a_change_on_its_way_does_not_block_litefs(wrapper: Any, replica: LitefsNode) -> None:
    """The reader delays the change of the primary until the lock is held that waits for it."""
    reader = sqlite3.connect(replica.mount / DATABASE, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM t").fetchone()
    execute(wrapper, "INSERT INTO t VALUES (1)")
    holder = _core.HaltHolder(str(replica.mount), DATABASE, SOON_S)
    until(lambda: _core.is_halted(str(replica.mount), DATABASE), "the primary granted the lock")
    reader.close()
    assert holder.wait_acquired(SOON_S)
    holder.release(SOON_S)
    execute(wrapper, "INSERT INTO t VALUES (2)")
    until(replica.has_caught_up, "the replica follows")
