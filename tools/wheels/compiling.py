"""CMake's part of a wheel: litefs-proxy once for each target, the native module once for each Python."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import nanobind

from tools.wheels.headers import include_folders
from tools.wheels.prefix import Prefix
from tools.wheels.processes import quietly
from tools.wheels.targets import ROOT, Python
from tools.wheels.zig import flags

CONFIGURE = (
    "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DLITEFS_PYTHON=ON", "-DLITEFS_WERROR=OFF",
    "-DNB_HAS_MTLS_GNU2=OFF",  # nanobind's TLS descriptors: glibc before 2.40 forgets to save registers in them
)  # fmt: skip


def compiled(prefix: Prefix, python: Python, work: Path) -> Path:
    """A folder with django_litefs/_core… and django_litefs/bin/litefs-proxy."""
    build, staged = work / "cmake", work / python.name
    environment = {
        **prefix.environment(),
        "LITEFS_FLAGS": flags(source=ROOT, nanobind=Path(nanobind.cmake_dir()).parent),
        "LITEFS_PYTHON_VERSION": python.version,
        "LITEFS_PYTHON_EXECUTABLE": sys.executable,
        "LITEFS_PYTHON_INCLUDE": ";".join(map(str, include_folders(python, prefix.target))),
        "LITEFS_PYTHON_SOABI": python.soabi_for(prefix.target),
    }
    shutil.rmtree(staged, ignore_errors=True)
    # Fresh: another Python's answers would be remembered. Objects stay.
    quietly(
        ["cmake", "--fresh", "-S", ROOT, "-B", build, *CONFIGURE, f"-Dnanobind_DIR={nanobind.cmake_dir()}"],
        env=environment,
    )
    quietly(["cmake", "--build", build], env=environment)
    quietly(["cmake", "--install", build, "--prefix", staged], env=environment)
    return staged
