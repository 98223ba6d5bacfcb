"""The wheel's file, by hatchling as for everybody; only what CMake and Go make comes from elsewhere."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.wheel import WheelBuilder
from hatchling.metadata.core import ProjectMetadata

from tools.wheels import contents
from tools.wheels.targets import ROOT

PURE = "py3-none-any"
BINARY_LICENCES = "LICENCES.txt"


def project() -> dict[str, Any]:
    return copy.deepcopy(dict(ProjectMetadata(str(ROOT), None).config))


def version() -> str:
    return str(project()["project"]["version"])


def assemble(tag: str, staged: Path, sboms: list[Path], folder: Path) -> Path:
    """`staged` is laid over the package. SOURCE_DATE_EPOCH, or hatchling's fixed date, is the time of every file."""
    configuration = project()
    configuration["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"] = {
        "custom": {"tag": tag, "staged": str(staged), "sboms": list(map(str, sboms))}
    }
    builder = WheelBuilder(str(ROOT), config=configuration)
    (made,) = builder.build(directory=str(folder), versions=["standard"])
    return Path(made)


def add_contents(staged: Path, parts: list[contents.Part], work: Path) -> Path:
    """The licences into the package; returns the file with the list of parts."""
    (staged / "bin" / BINARY_LICENCES).write_text(contents.licences(parts))
    listed = work / "django-litefs.cdx.json"
    listed.write_text(contents.sbom(version(), parts))
    return listed


def pure(work: Path, folder: Path) -> Path:
    """The Python part alone: a single node anywhere. `_core` is then a Python file with what such a node needs."""
    staged = work / "pure"
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    shutil.copy(ROOT / "django_litefs" / "native" / "single.py", staged / "_core.py")
    return assemble(PURE, staged, [], folder)
