"""What a run needs: Django's tests from its sdist on PyPI, and one virtual environment for each Django version.

Everything is kept in .tools/django_suite and made once. The package is seen there as links to this source tree and to
the native module of the running interpreter, so each environment runs the same code.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".tools" / "django_suite"
SITE = KEPT / "site"
OLDER = {"5.0": "5.0.14", "5.1": "5.1.15"}
SHARED = ("asgiref", "sqlparse", "PyYAML")  # as locked for this project
DOWNLOAD_LIMIT_S = 900


def versions() -> dict[str, str]:
    """Every supported series and its version: the installed one, and older ones in environments of their own."""
    return {**OLDER, _series(installed()): installed()}


def installed() -> str:
    return importlib.metadata.version("Django")


def tests_of(version: str) -> Path:
    """The folder with runtests.py, fetched when first needed."""
    folder = KEPT / "sources"
    tests = folder / f"django-{version}" / "tests"
    if not tests.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        _pip("download", "--no-deps", "--no-binary=django", f"--dest={folder}", f"Django=={version}")
        (archive,) = (
            path for path in folder.glob("*.tar.gz") if path.name.lower() == f"django-{version}.tar.gz"
        )
        with tarfile.open(archive) as opened:
            unpacked = opened.getnames()[0].split("/")[0]
            # Debian 12's own Python has no filters yet; the archive is Django's, by its exact version.
            safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            opened.extractall(folder / "new", **safely)  # type: ignore[arg-type]
        (folder / "new" / unpacked).rename(folder / f"django-{version}")
        (folder / "new").rmdir()
        archive.unlink()
    return tests


def python_of(version: str) -> Path:
    """The interpreter whose Django that is."""
    link_package()
    if version == installed():
        return Path(sys.executable)
    folder = KEPT / f"django-{version}"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        same = [f"{name}=={importlib.metadata.version(name)}" for name in SHARED]
        _pip("install", f"Django=={version}", *same, python=python)
        (folder / "complete").touch()
    return python


def link_package() -> None:
    """SITE, first on the path of each run: the package with its native module, and the suite's settings."""
    native = importlib.util.find_spec("django_litefs._core")
    if native is None or native.origin is None:
        raise SystemExit("django_litefs._core is not compiled: run bin/setup")
    package = ROOT / "django_litefs"
    sources = [path for path in package.iterdir() if path.name not in ("native", "bin", "__pycache__")]
    wanted = {SITE / "django_litefs" / path.name: path for path in [*sources, Path(native.origin)]}
    wanted[SITE / "django_suite"] = Path(__file__).parent
    (SITE / "django_litefs").mkdir(parents=True, exist_ok=True)
    for link in [*(SITE / "django_litefs").iterdir(), SITE / "django_suite"]:
        if link.is_symlink() and link.readlink() != wanted.get(link):
            link.unlink()
    for link, path in wanted.items():
        if not link.is_symlink():
            link.symlink_to(path)


def _series(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _pip(*arguments: str | Path, python: Path | str = sys.executable) -> None:
    subprocess.run(
        [python, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments],
        check=True,
        timeout=DOWNLOAD_LIMIT_S,
    )
