"""An empty virtual environment with a wheel in it, as a user makes one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.wheels.targets import ROOT

LOCKS = ("requirements.txt", "requirements-wheels.txt")
LIMIT_S = 600
FACTS = """
import importlib.metadata, platform, django, django_litefs
wheel = importlib.metadata.distribution("django-litefs").read_text("WHEEL")
print(platform.python_version(), django.__version__, wheel.split("Tag: ")[1].split()[0], django_litefs.__file__)
"""


@dataclass(frozen=True)
class Installed:
    python: str
    version: str
    django: str
    tag: str  # of the wheel that pip took


def install(
    folder: Path, wheels: Path, packages: Iterable[str], *, python: str = sys.executable, django: str = ""
) -> Installed:
    """The wheel, Django and the packages. `wheels`: a wheel, or a folder of which pip itself takes what fits."""
    subprocess.run([python, "-m", "venv", folder / "venv"], check=True)
    inside = str(folder / "venv" / "bin" / "python")
    pip = [inside, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    what = ["--no-index", "--find-links", str(wheels), "django-litefs"] if wheels.is_dir() else [str(wheels)]
    subprocess.run([*pip, "--no-deps", *what], check=True, timeout=LIMIT_S)
    locked = folder / "constraints.txt"
    locked.write_text("".join(_constraints(django)))
    wanted = ["django-litefs", *packages]
    subprocess.run([*pip, "--constraint", str(locked), *wanted], check=True, timeout=LIMIT_S)
    # Not the source tree's package.
    said = subprocess.run([inside, "-c", FACTS], cwd=folder, check=True, capture_output=True, text=True)
    version, its_django, tag, file = said.stdout.split()
    assert Path(file).is_relative_to(folder), file
    return Installed(inside, version, its_django, tag)


def _constraints(django: str) -> Iterator[str]:
    """The locked versions, for servers and what they need; another Django if one is named."""
    for name in LOCKS:
        for line in (ROOT / name).read_text().splitlines():
            if "==" in line and not (django and line.lower().startswith("django==")):
                yield line.rstrip("\\ ") + "\n"
    if django:
        yield f"Django=={django}\n"
