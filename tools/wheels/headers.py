"""Headers of a Python for a target: Debian's own and its next release's; 3.10 from a Maven package."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

from tools.wheels.debian import NEWER, STABLE, Debian
from tools.wheels.processes import quietly
from tools.wheels.targets import KEPT, Python, Target

SUITES = {"3.11": STABLE, "3.13": NEWER}
# Debian has no 3.10. These are CPython's own headers, as the JavaCPP presets packed them.
MAVEN = "org.bytedeco:cpython:3.10.8-1.5.8"
JARS = {
    "x86_64": ("linux-x86_64", "2f101b1aa06effdbda3c318c1728b13f22b571707c7b7704abaf5d19a33aa981"),
    "aarch64": ("linux-arm64", "b14738d971f43bcb7e74242980d0a621c4464b9a7f1294d22c17f9186b32db09"),
}


def include_folders(python: Python, target: Target) -> list[Path]:
    if python.version == "3.10":
        return [_from_maven(target) / "include" / "python3.10"]
    name = f"libpython{python.version}-dev"
    package = Debian(SUITES[python.version]).packages([name], target.debian)[name]
    include = package / "usr" / "include"
    # Debian's pyconfig.h includes the processor's own by a path below the second.
    return [include / f"python{python.version}", include]


def available(python: Python) -> bool:
    return python.version != "3.10" or shutil.which("mvn") is not None


def _from_maven(target: Target) -> Path:
    """The unpacked files of the package."""
    classifier, sha256 = JARS[target.machine]
    unpacked = KEPT / "maven" / f"cpython-{MAVEN.rsplit(':', 1)[1]}-{classifier}"
    if not unpacked.is_dir():
        jar = unpacked.with_name(f"{unpacked.name}.jar")
        jar.parent.mkdir(parents=True, exist_ok=True)
        artifact = f"-Dartifact={MAVEN}:jar:{classifier}"
        quietly(["mvn", "-q", "dependency:get", "-Dtransitive=false", artifact])
        copied = [artifact, f"-DoutputDirectory={jar.parent}", "-Dmdep.useBaseVersion=true"]
        quietly(["mvn", "-q", "dependency:copy", *copied])
        if (seen := hashlib.sha256(jar.read_bytes()).hexdigest()) != sha256:
            raise SystemExit(f"{jar}: sha256 is {seen}, {sha256} was expected")
        new = unpacked.with_name(f"{unpacked.name}.new")
        with zipfile.ZipFile(jar) as archive:
            archive.extractall(new)
        (new / "org" / "bytedeco" / "cpython" / classifier).rename(unpacked)
        shutil.rmtree(new)
    return unpacked
