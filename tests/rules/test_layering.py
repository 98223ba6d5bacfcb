"""Dependencies point one way: django_litefs -> _core -> core, proxy -> core; core knows no sockets, no Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]', re.MULTILINE)

# folder -> includes that must not occur in it
FORBIDDEN_INCLUDES = {
    "core": r"boost/(asio|beast)|nanobind|Python\.h|spdlog|sqlite3|CLI/|litefs/proxy/|thread>?$|sys/socket|netinet",
    "proxy": r"nanobind|Python\.h",
    "django_litefs/native": r"boost/(asio|beast)|spdlog|CLI/|litefs/proxy/",
    "tests/core": r"boost/(asio|beast)|nanobind|Python\.h|spdlog|litefs/proxy/",
}

# What decides settings and what a request did to the databases runs without Django.
FRAMEWORK_FREE = (
    "asgi",
    "config",
    "consistency",
    "exchange",
    "node",
    "positions",
    "pretence",
    "process",
    "reads",
    "replays",
    "server",
    "settings",
    "takeover",
    "wsgi",
    "_core",
    "_litefs_keys",
    "_resolve",
    "_rules",
    "_values",
)


def includes(path: Path) -> list[str]:
    return INCLUDE.findall(path.read_text())


def imported_modules(path: Path) -> Iterator[str]:
    """Every module that is imported when `path` is, so not what only type checkers see."""
    module = ast.parse(path.read_text(), str(path))
    type_checking = {
        id(inner)
        for node in ast.walk(module)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(module):
        if id(node) in type_checking:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("folder", FORBIDDEN_INCLUDES)
def test_cpp_includes(folder: str, root: Path, project_files: list[Path]) -> None:
    forbidden = re.compile(FORBIDDEN_INCLUDES[folder])
    offenders = [
        f"{path}: {include}"
        for path in project_files
        if path.suffix in {".cpp", ".hpp"} and path.is_relative_to(folder)
        for include in includes(root / path)
        if forbidden.search(include)
    ]
    assert not offenders


@pytest.mark.parametrize("name", FRAMEWORK_FREE)
def test_framework_free_modules(name: str, root: Path) -> None:
    path = root / "django_litefs" / f"{name}.py"
    if not path.exists():
        path = path.with_suffix(".pyi")
    assert path.exists(), f"{path} is gone: change FRAMEWORK_FREE"
    assert [module for module in imported_modules(path) if module.split(".")[0] == "django"] == []


def test_framework_free_modules_import_only_each_other(root: Path) -> None:
    """A framework-free module that imports another of ours must not reach Django through it."""
    offenders = [
        f"{name}: {module}"
        for name in FRAMEWORK_FREE
        if (path := root / "django_litefs" / f"{name}.py").exists()
        for module in imported_modules(path)
        if module.startswith("django_litefs.") and module.split(".")[1] not in FRAMEWORK_FREE
    ]
    assert not offenders
