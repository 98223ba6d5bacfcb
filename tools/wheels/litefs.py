"""LiteFS for a target, by the pinned Go, and what it consists of."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.wheels.processes import quietly
from tools.wheels.targets import ROOT, Target


@dataclass(frozen=True)
class Module:
    """A Go module inside the executable; `hash` is go.sum's."""

    path: str
    version: str
    hash: str


def build(target: Target, work: Path) -> Path:
    output = work / "litefs"
    quietly([ROOT / "tools" / "setup" / "go_build.sh", "litefs", output], env=_environment(target))
    return output


def go_version(executable: Path) -> str:
    """Such as "1.27.3"."""
    return _go("version", executable).split()[-1].removeprefix("go")


def modules(executable: Path) -> Iterator[Module]:
    """LiteFS itself, then what it uses. A module that we patch is recorded without its hash: it is the lock file's."""
    locked = dict(_locked())
    for line in _go("version", "-m", executable).splitlines():
        fields = line.split()
        if fields[:1] in (["mod"], ["dep"]):
            yield Module(fields[1], fields[2], locked[fields[1], fields[2]])


def _locked() -> Iterator[tuple[tuple[str, str], str]]:
    for line in (ROOT / "tools" / "litefs" / "go.sum").read_text().splitlines():
        path, version, sum_ = line.split()
        yield (path, version), sum_


def source(module: Module) -> Path:
    """Where Go keeps it: capital letters are written !small."""
    escaped = "".join(f"!{letter.lower()}" if letter.isupper() else letter for letter in module.path)
    return Path(_go("env", "GOMODCACHE").strip()) / f"{escaped}@{module.version}"


def _environment(target: Target | None = None) -> dict[str, str]:
    """The pinned Go is the one beside our interpreter (requirements-wheels.txt)."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    cross = {"GOOS": "linux", "GOARCH": target.go} if target else {}
    return {**os.environ, "PATH": path, "GOTOOLCHAIN": "local", "GOFLAGS": "", **cross}


def _go(*arguments: str | Path) -> str:
    return subprocess.run(
        [Path(sys.executable).with_name("go"), *arguments],
        env=_environment(), check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
