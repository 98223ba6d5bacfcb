"""What every wheel must be: portable as its name says, small, complete."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

SIZE_MAX = 10_000_000
# Of each wheel; "*" stands for the name of the metadata's folder.
EVERYWHERE = (
    "django_litefs/__init__.py", "django_litefs/_core.pyi", "django_litefs/py.typed", "*/licenses/LICENSE",
    "*/licenses/NOTICE",
)  # fmt: skip
COMPILED = (
    "django_litefs/bin/litefs", "django_litefs/bin/litefs-proxy", "django_litefs/bin/LICENCES.txt",
    "*/sboms/django-litefs.cdx.json",
)  # fmt: skip


def problems(wheel: Path, machine: str = "") -> list[str]:
    """Why the wheel must not be published. `machine`: what it was compiled for; "" for the Python part alone."""
    found = _missing(wheel, (*EVERYWHERE, *(COMPILED if machine else ())))
    if wheel.stat().st_size > SIZE_MAX:
        found.append(f"{wheel.stat().st_size} bytes; at most {SIZE_MAX}")
    if machine and (seen := platform(wheel)) != f"manylinux_2_17_{machine}":
        found.append(f"auditwheel says {seen!r}")
    return found


def platform(wheel: Path) -> str:
    """The oldest system that the wheel runs on, by auditwheel's reading of its executables' symbols."""
    auditwheel = Path(sys.executable).with_name("auditwheel")
    done = subprocess.run(
        [auditwheel, "show", "--json", wheel], check=True, stdout=subprocess.PIPE, text=True
    )
    return str(json.loads(done.stdout)["overall_tag"])


def _missing(wheel: Path, wanted: tuple[str, ...]) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = {name.split("/")[0] for name in names if ".dist-info/" in name}
        executable = {i.filename for i in archive.infolist() if i.external_attr >> 16 & 0o111}
    paths = [path.replace("*", metadata) for path in wanted]
    missing = [f"{path} is missing" for path in paths if path not in names]
    programs = [path for path in paths if path.startswith("django_litefs/bin/litefs")]
    return missing + [f"{path} is not executable" for path in programs if path not in executable]
