"""What litefs_start looks at before anything starts, on a real LiteFS."""

from __future__ import annotations

import os

import pytest

from django_litefs import start
from django_litefs.conf import effective
from tests.python.litefs_node import LitefsNode

pytestmark = pytest.mark.integration


def test_a_mount_whose_litefs_died_is_no_obstacle(on_node: LitefsNode) -> None:
    """The kernel still remembers the folder's attributes, so that to stat() it looks alive."""
    on_node.kill()
    os.stat(on_node.mount)
    assert start.problems(effective()) == []
    start.create_folders(effective())
