"""The native module: its names are those of the stub, and it says what is wrong with bad input."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from django_litefs import _core

STUB = Path(__file__).resolve().parents[2] / "django_litefs" / "_core.pyi"
POSITION = "000000000000000a/8000000000000001"


def members(body: list[ast.stmt]) -> dict[str, ast.stmt]:
    return {node.name: node for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def public(thing: object) -> set[str]:
    return {name for name in vars(thing) if not name.startswith("_")}


def test_stub_names_are_the_module_names() -> None:
    stub = members(ast.parse(STUB.read_text()).body)
    assert set(stub) == public(_core)
    for name, node in stub.items():
        if isinstance(node, ast.ClassDef):
            declared = {member for member in members(node.body) if not member.startswith("_")}
            assert declared == public(getattr(_core, name)), name


def test_position() -> None:
    position = _core.Position.parse(f"{POSITION}\n")
    assert (position.txid, position.checksum, str(position)) == (10, 0x8000000000000001, POSITION)
    assert position == _core.Position(10, 0x8000000000000001)
    assert position != _core.Position(10, 1)
    assert position.__eq__("10") is NotImplemented
    assert len({position, _core.Position.parse(POSITION)}) == 1


@pytest.mark.parametrize("text", ["", "1/2", POSITION + "x", POSITION.replace("/", "-")])
def test_no_position(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        _core.Position.parse(text)


def test_demands() -> None:
    older = [(1, _core.Position(5, 1)), (2, _core.Position(9, 1))]
    newer = [(1, _core.Position(6, 1)), (2, _core.Position(8, 1))]
    merged = _core.merge_demands(older, newer)
    assert merged == [(1, _core.Position(6, 1)), (2, _core.Position(9, 1))]
    assert _core.parse_demands(_core.format_demands(merged)) == merged
    with pytest.raises(ValueError, match=r"\w"):
        _core.parse_demands("2.nonsense")


@pytest.mark.parametrize(("text", "seconds"), [("1m30s", 90.0), ("250ms", 0.25), ("1h", 3600.0)])
def test_durations(text: str, seconds: float) -> None:
    assert _core.parse_duration(text) == pytest.approx(seconds)
    with pytest.raises(ValueError, match=r"\w"):
        _core.parse_duration(text + "x")


def test_mount_that_is_none(tmp_path: Path) -> None:
    for call in (_core.inspect_mount, lambda path: _core.PositionFile(path, "db")):
        with pytest.raises(_core.MountError):
            call(str(tmp_path))


def test_node_page(tmp_path: Path) -> None:
    path = str(tmp_path / "page")
    assert _core.NodePage.open(path) is None
    writer = _core.NodePageWriter(path)
    writer.publish(_core.NodeFacts("replica", True, 77, "n1", "ABC"))
    page = _core.NodePage.open(path)
    assert page is not None
    facts = page.read()
    assert facts is not None
    found = (facts.role, facts.mount_alive, facts.mount_device, facts.primary, facts.litefs_id)
    assert found == ("replica", True, 77, "n1", "ABC")
    with pytest.raises(ValueError, match="no such role"):
        _core.NodeFacts("king", True, 1)
