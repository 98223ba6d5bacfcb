"""What the documents list is what the code accepts, no more and no less."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sysconfig
from pathlib import Path

import yaml

from django_litefs.settings import SETTINGS, Setting, Settings

# Where a long text goes on in the next line of the source, and what is put in at run time.
SEAM = re.compile(r'"\s*\n\s*f?"')
PATTERNED = {
    "/dev/fuse does not exist": "{FUSE_DEVICE} does not exist",
    "cannot be written here: this node is replica": "cannot be written here: this node is {facts.role}",
    "handoff refused: writes are still running after handoff-drain": "writes are still running after handoff-drain",
    "waiting for LiteFS to find a primary": "LiteFS to find a primary",
    "database is locked": "",  # SQLite's own
}
FIRST_CELL = re.compile(r"^\| *`([^`]+)`", re.MULTILINE)


def documented(path: Path) -> list[str]:
    """The names in the first cells of the document's tables."""
    return FIRST_CELL.findall(path.read_text())


def test_settings(root: Path) -> None:
    real = [field.name.upper() for field in dataclasses.fields(Settings) if "doc" in field.metadata]
    assert sorted(documented(root / "docs" / "settings.md")) == sorted(real)


LINK = re.compile(r" \(\[[^]]+]\([^)]+\)\)| \[[^]]+]\([^)]+\)\.")


def row(setting: Setting) -> str:
    """The line of docs/settings.md, without the links that it may have on top."""
    kind = setting.kind.replace("choice:", "one of ").replace(",", ", ")
    value = list(setting.default) if isinstance(setting.default, tuple) else setting.default
    default = "\N{EN DASH}" if value in (None, "") else f"`{value!r}`"
    return f"| `{setting.key}` | {kind} | {default} | {setting.doc} |"


def test_settings_are_described_as_in_the_code(root: Path) -> None:
    lines = (root / "docs" / "settings.md").read_text().replace("&lt;", "<").splitlines()
    written = {LINK.sub("", line) for line in lines}
    assert [row(setting) for setting in SETTINGS if row(setting) not in written] == []


def test_proxy_configuration(root: Path) -> None:
    litefs_proxy = Path(sysconfig.get_path("scripts"), "litefs-proxy")
    printed = subprocess.run(
        [litefs_proxy, "check", "--keys"], check=True, capture_output=True, text=True
    ).stdout
    real = [line.split()[0] for line in printed.splitlines() if line.strip()]
    assert real
    assert sorted(documented(root / "docs" / "configuration.md")) == sorted(real)


def test_every_alert_has_a_line_in_the_runbook(root: Path) -> None:
    groups = yaml.safe_load((root / "deploy" / "prometheus" / "alerts.yml").read_text())["groups"]
    alerts = [rule["alert"] for group in groups for rule in group["rules"]]
    assert sorted(documented(root / "docs" / "runbook.md")) == sorted(alerts)


def test_texts_in_troubleshooting_exist(root: Path, project_files: list[Path]) -> None:
    """Each bold text in backquotes, as the source writes it."""
    sources = (p for p in project_files if p.suffix in (".py", ".cpp", ".hpp") and p.parts[0] != "tests")
    joined = "".join(SEAM.sub("", (root / path).read_text()) for path in sources)
    texts = re.findall(r"\*\*`([^`]+)`\*\*", (root / "docs" / "troubleshooting.md").read_text())
    assert len(texts) > 20
    assert [text for text in texts if PATTERNED.get(text, text) not in joined] == []


def test_reasons_in_headers_exist(root: Path, project_files: list[Path]) -> None:
    rows = re.findall(
        r"^\| `([a-z-]+)` \| [^|]* \|$", (root / "docs" / "headers.md").read_text(), re.MULTILINE
    )
    reasons = [name for name in rows if not name.startswith(("litefs-", "x-"))]
    proxy = "".join((root / path).read_text() for path in project_files if path.parts[0] == "proxy")
    assert len(reasons) == 5
    assert [name for name in reasons if f'"{name}"' not in proxy and f": {name}\\r" not in proxy] == []


def test_links_between_documents(root: Path, project_files: list[Path]) -> None:
    broken = [
        f"{path}: {target}"
        for path in project_files
        if path.suffix == ".md"
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", (root / path).read_text())
        if not (root / path.parent / target).exists()
    ]
    assert broken == []


def test_packages_to_build_from_sources(root: Path) -> None:
    """What the page tells to install is what bin/setup installs, as far as it is linked or compiled."""
    told = {
        word
        for line in re.findall(
            r"^\$ apt-get install (.*)$", (root / "docs" / "installing.md").read_text(), re.MULTILINE
        )
        for word in line.split()
    }
    installed = re.search(
        r"^packages=\((.*?)^\)", (root / "tools/setup/debian.sh").read_text(), re.MULTILINE | re.DOTALL
    )
    assert installed
    needed = {
        name
        for name in installed[1].split()
        if name.endswith("-dev") and name not in ("libgtest-dev", "libgmock-dev")
    }
    assert needed <= told <= set(installed[1].split())
