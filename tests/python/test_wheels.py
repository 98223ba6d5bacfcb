"""What bin/wheels refuses to call a wheel, and the lists that it puts into one."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tools.wheels import checks, contents
from tools.wheels.targets import PYTHONS, TARGETS

METADATA = "django_litefs-1.dist-info"
PARTS = [
    contents.Part("libssl-dev", "3.0.1", "pkg:deb/debian/libssl-dev@3.0.1", "Apache\n"),
    contents.Part("example.org/a", "v1", "pkg:golang/example.org/a@v1", "MIT\n", "h1:x="),
    contents.Part("example.org/b", "v2", "pkg:golang/example.org/b@v2", " MIT", "h1:y="),
]


def write(folder: Path, names: list[str], mode: int = 0o644) -> Path:
    wheel = folder / "django_litefs-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in names:
            entry = zipfile.ZipInfo(name.replace("*", METADATA))
            entry.external_attr = mode << 16
            archive.writestr(entry, b"x" * 100)
    return wheel


def test_a_complete_wheel_of_the_python_part_passes(tmp_path: Path) -> None:
    assert checks.problems(write(tmp_path, [*checks.EVERYWHERE])) == []


@pytest.mark.parametrize("name", checks.EVERYWHERE)
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    wheel = write(tmp_path, ["*/METADATA", *(other for other in checks.EVERYWHERE if other != name)])
    assert checks.problems(wheel) == [f"{name.replace('*', METADATA)} is missing"]


def test_a_large_wheel_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "SIZE_MAX", 10)
    (found,) = checks.problems(write(tmp_path, [*checks.EVERYWHERE]))
    assert found.endswith("bytes; at most 10")


@pytest.mark.parametrize(
    ("mode", "platform", "expected"),
    [
        (0o755, "manylinux_2_17_aarch64", []),
        (0o755, "manylinux_2_36_aarch64", ["auditwheel says 'manylinux_2_36_aarch64'"]),
        (
            0o644,
            "manylinux_2_17_aarch64",
            [
                "django_litefs/bin/litefs is not executable",
                "django_litefs/bin/litefs-proxy is not executable",
            ],
        ),
    ],
)
def test_a_compiled_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, platform: str, expected: list[str]
) -> None:
    """auditwheel comes with bin/wheels only; its answer is given here."""
    monkeypatch.setattr(checks, "platform", lambda _: platform)
    wheel = write(tmp_path, [*checks.EVERYWHERE, *checks.COMPILED], mode)
    assert checks.problems(wheel, "aarch64") == expected


def test_each_licence_is_told_once_for_all_that_it_covers() -> None:
    text = contents.licences(PARTS)
    assert (text.count("MIT"), text.count("Apache")) == (1, 1)
    assert "example.org/a v1\nexample.org/b v2\n" in text


def test_the_list_of_parts_is_the_same_for_the_same_parts() -> None:
    text = contents.sbom("1.2.3", PARTS)
    assert text == contents.sbom("1.2.3", PARTS)
    document = json.loads(text)
    assert document["metadata"]["component"]["purl"] == "pkg:pypi/django-litefs@1.2.3"
    assert [part["purl"] for part in document["components"]] == [part.url for part in PARTS]
    assert document["components"][1]["properties"] == [{"name": "django-litefs:go.sum", "value": "h1:x="}]


def test_tags() -> None:
    assert [python.tags for python in PYTHONS.values()] == ["cp310-cp310", "cp311-cp311", "cp312-abi3"]
    arm = TARGETS["aarch64"]
    assert PYTHONS["cp311"].soabi_for(arm) == "cpython-311-aarch64-linux-gnu"
    assert PYTHONS["cp312"].soabi_for(arm) == "abi3"
    assert arm.platform == "manylinux_2_17_aarch64.manylinux2014_aarch64"
