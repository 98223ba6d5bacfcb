"""What a process knows of its node, by the page that litefs-proxy keeps."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from django_litefs import _core
from django_litefs.node import Facts, Node

REPLICA = _core.NodeFacts("replica", True, 7, "n1", "ID")
PRIMARY = _core.NodeFacts("primary", True, 7, "", "ID")


@pytest.fixture
def mount(tmp_path: Path) -> str:
    return str(tmp_path / "mount")


@pytest.fixture
def page(mount: str) -> _core.NodePageWriter:
    writer = _core.NodePageWriter(_core.default_page_path(mount))
    writer.publish(REPLICA)
    return writer


def test_facts_are_one_object_until_something_changes(mount: str, page: _core.NodePageWriter) -> None:
    node = Node(mount)
    first = node.facts()
    assert first == Facts("replica", True, 7, "n1", "ID")
    page.beat()
    assert node.facts() is first
    page.publish(PRIMARY)
    second = node.facts()
    assert second == Facts("primary", True, 7, "", "ID")
    assert node.facts() is second


@pytest.mark.usefixtures("page")
def test_facts_of_a_new_page_are_read_anew(mount: str) -> None:
    node = Node(mount)
    first = node.facts()
    node.after_fork()
    assert node.facts() == first
    assert node.facts() is not first


def test_without_a_page_the_mount_is_asked(mount: str) -> None:
    assert not os.path.exists(_core.default_page_path(mount))
    assert Node(mount).facts().mount_alive is False
