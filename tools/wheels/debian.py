"""Packages and sources from Debian, for any processor, without touching the machine's own apt."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.wheels.targets import KEPT, TARGETS

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
STABLE, NEWER = "bookworm", "trixie"  # NEWER for the headers of a newer Python alone
LISTS_AGE_S = 24 * 3600


class Debian:
    """One release's packages. Each is downloaded and unpacked once per version."""

    def __init__(self, suite: str) -> None:
        self.suite = suite
        self.folder = KEPT / "debian" / suite
        if not self._fresh():
            self._update()

    def packages(self, names: Iterable[str], architecture: str) -> dict[str, Path]:
        """The unpacked files of the newest version of each."""
        asked = {f"{name}:{architecture}": name for name in names}
        return {
            asked[name]: _once(archive, "dpkg-deb", "--extract", archive)
            for name, archive in self._downloaded("download", asked, ".deb")
        }

    def sources(self, names: Iterable[str]) -> dict[str, Path]:
        """The source tree of the newest version of each, with Debian's patches."""
        # apt has checked the hashes of all parts against the signed index.
        return {
            name: _once(description, "dpkg-source", "--no-check", "--extract", description)
            for name, description in self._downloaded("source", names, ".dsc")
        }

    def _downloaded(self, command: str, names: Iterable[str], suffix: str) -> Iterator[tuple[str, Path]]:
        """Each name and its file of that suffix, with those that belong to it beside it."""
        folder = self.folder / "files"
        folder.mkdir(exist_ok=True)
        only = ["--download-only"] if command == "source" else []
        wanted = list(names)
        # Asked in another folder, since apt does not list what it would not download again; and once, for that is slow.
        listed = self._apt(command, "--print-uris", *only, *wanted, cwd=self.folder)
        files = [word for line in listed.splitlines() if (word := line.split()[1]).endswith(suffix)]
        for name in wanted:
            (file,) = (file for file in files if file.startswith(name.partition(":")[0] + "_"))
            if not (folder / file).exists():
                self._apt(command, *only, name, cwd=folder)
            yield name, folder / file

    def _fresh(self) -> bool:
        updated = self.folder / "updated"
        return updated.exists() and time.time() - updated.stat().st_mtime < LISTS_AGE_S

    def _update(self) -> None:
        for name in ("lists/partial", "cache/archives/partial"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "status").touch()
        (self.folder / "sources.list").write_text("\n".join(self._sources()) + "\n")
        self._apt("update", cwd=self.folder)
        (self.folder / "updated").touch()

    def _sources(self) -> Iterator[str]:
        for kind in ("deb", "deb-src"):
            yield f"{kind} [signed-by={KEYRING}] http://deb.debian.org/debian {self.suite} main"
            yield f"{kind} [signed-by={KEYRING}] http://deb.debian.org/debian-security {self.suite}-security main"

    def _apt(self, *arguments: str, cwd: Path) -> str:
        options = {
            "Dir::State::Lists": self.folder / "lists",
            "Dir::State::status": self.folder / "status",
            "Dir::Cache": self.folder / "cache",
            "Dir::Etc::SourceList": self.folder / "sources.list",
            "Dir::Etc::SourceParts": os.devnull,
            "APT::Architectures": ",".join(target.debian for target in TARGETS.values()),
            "APT::Sandbox::User": "",
        }
        settings = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
        command = ["apt-get", "-qq", *settings, *arguments]
        return subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout


def _once(archive: Path, *command: str | Path) -> Path:
    """What the command unpacks into the folder that is its last argument."""
    unpacked = archive.with_name(archive.name + ".unpacked")
    if not unpacked.is_dir():
        new = unpacked.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        subprocess.run([*command, new], check=True, stdout=subprocess.DEVNULL)
        new.rename(unpacked)
    return unpacked
