"""The folder that a target's compilation sees as its system: compilers, and every library we link, static.

Compiled C++ of Debian has another standard library than zig's, so those come from Debian's sources; OpenSSL is C and
comes compiled.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.wheels import zig
from tools.wheels.debian import STABLE, Debian
from tools.wheels.processes import quietly
from tools.wheels.targets import KEPT, Target

HERE = Path(__file__).parent
HEADERS = ("libboost1.81-dev", "libcli11-dev")  # header-only, the same for every processor
COMPILED = {
    "fmtlib": ("-DFMT_TEST=OFF", "-DFMT_DOC=OFF"),
    "spdlog": ("-DSPDLOG_FMT_EXTERNAL=ON", "-DSPDLOG_BUILD_EXAMPLE=OFF", "-DSPDLOG_BUILD_TESTS=OFF"),
    "yaml-cpp": ("-DYAML_CPP_BUILD_TESTS=OFF", "-DYAML_CPP_BUILD_TOOLS=OFF"),
    "prometheus-cpp": ("-DENABLE_PULL=OFF", "-DENABLE_PUSH=OFF", "-DENABLE_TESTING=OFF"),
}
SQLITE_OPTIONS = ("-DSQLITE_THREADSAFE=1", "-DSQLITE_OMIT_LOAD_EXTENSION")


@dataclass(frozen=True)
class Component:
    """A library inside our executables, for the list of contents (SBOM)."""

    name: str
    version: str
    licence: Path  # as Debian tells it


@dataclass(frozen=True)
class Prefix:
    target: Target
    folder: Path
    components: tuple[Component, ...]

    def environment(self) -> dict[str, str]:
        """For CMake with toolchain.cmake."""
        return {
            **zig.environment(),
            "CMAKE_TOOLCHAIN_FILE": str(HERE / "toolchain.cmake"),
            "LITEFS_PREFIX": str(self.folder),
            "LITEFS_MACHINE": self.target.machine,
            "LITEFS_FLAGS": zig.flags(),
        }


def make(target: Target) -> Prefix:
    """Made once for each version of its parts."""
    debian = Debian(STABLE)
    packages = debian.packages(HEADERS, "amd64") | debian.packages(["libssl-dev"], target.debian)
    sources = debian.sources((*COMPILED, "sqlite3"))
    used = [*packages.values(), *sources.values()]
    folder = KEPT / "prefixes" / f"{target.zig}-{_fingerprint(used)}"
    prefix = Prefix(target, folder, tuple(map(_component, used)))
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        zig.write_wrappers(folder / "bin", target)
        (folder / "lib").mkdir()
        for name in HEADERS:
            _link(packages[name] / "usr" / "include", folder / "include")
        _openssl(packages["libssl-dev"], prefix)
        _python(folder / "lib" / "cmake" / "Python")
        _sqlite(sources["sqlite3"], prefix)
        for name, options in COMPILED.items():
            _cmake(sources[name], options, prefix)
        (folder / "complete").touch()
    return prefix


def _fingerprint(used: list[Path]) -> str:
    recipe = (zig.version(), zig.WRAPPER, COMPILED, SQLITE_OPTIONS, sorted(path.name for path in used))
    text = repr(recipe) + "".join(path.read_text() for path in sorted(HERE.glob("*.cmake")))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _component(unpacked: Path) -> Component:
    name, version = unpacked.name.removesuffix(".unpacked").rsplit(".", 1)[0].split("_")[:2]
    of_source, of_package = Path("debian", "copyright"), Path("usr", "share", "doc", name, "copyright")
    licence = of_source if (unpacked / of_source).exists() else of_package
    return Component(name, version, unpacked / licence)


def _link(include: Path, into: Path) -> None:
    into.mkdir(exist_ok=True)
    for entry in include.iterdir():
        (into / entry.name).symlink_to(entry)


def _openssl(package: Path, prefix: Prefix) -> None:
    triplet = prefix.target.triplet
    shutil.copytree(package / "usr/include/openssl", prefix.folder / "include/openssl")
    shutil.copytree(
        package / "usr/include" / triplet / "openssl", prefix.folder / "include/openssl", dirs_exist_ok=True
    )
    for name in ("libssl.a", "libcrypto.a"):
        shutil.copy(package / "usr/lib" / triplet / name, prefix.folder / "lib" / name)


def _python(folder: Path) -> None:
    folder.mkdir(parents=True)
    for path in HERE.glob("Python*.cmake"):
        shutil.copy(path, folder)


def _sqlite(source: Path, prefix: Prefix) -> None:
    tools, library = prefix.folder / "bin", prefix.folder / "lib" / "libsqlite3.a"
    one_file = _amalgamation(source)
    with tempfile.TemporaryDirectory() as name:
        object_ = Path(name, "sqlite3.o")
        options = ["-O2", "-DNDEBUG", "-fPIC", *SQLITE_OPTIONS, *zig.flags().split()]
        quietly(
            [tools / "C_COMPILER", *options, "-c", one_file / "sqlite3.c", "-o", object_],
            env=zig.environment(),
        )
        quietly([tools / "AR", "qcD", library, object_], env=zig.environment())
    shutil.copy(one_file / "sqlite3.h", prefix.folder / "include")


def _amalgamation(source: Path) -> Path:
    """SQLite in its one-file form, made once by this machine's compiler and Tcl."""
    made = KEPT / "sqlite" / source.name
    if not made.is_dir():
        made.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as scratch:
            quietly([source / "configure", "--disable-tcl"], cwd=Path(scratch))
            quietly(["make", "sqlite3.c", "sqlite3.h"], cwd=Path(scratch))
            new = made.with_suffix(".new")
            new.mkdir(exist_ok=True)
            for file in ("sqlite3.c", "sqlite3.h"):
                shutil.copy(Path(scratch, file), new)
        new.rename(made)
    return made


def _cmake(source: Path, options: Sequence[str], prefix: Prefix) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        configure: list[str | Path] = [
            "cmake", "-G", "Ninja", "-S", source, "-B", scratch, f"-DCMAKE_INSTALL_PREFIX={prefix.folder}",
            "-DCMAKE_INSTALL_LIBDIR=lib", "-DCMAKE_BUILD_TYPE=Release", "-DBUILD_SHARED_LIBS=OFF",
            "-DCMAKE_POSITION_INDEPENDENT_CODE=ON", *options,
        ]  # fmt: skip
        quietly(configure, env=prefix.environment())
        quietly(["cmake", "--build", scratch, "--target", "install"], env=prefix.environment())
