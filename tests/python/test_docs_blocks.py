"""The code in the documents: the quickstart is run as written, the others must at least be what they claim to be."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

from django_litefs.settings import SETTINGS, SettingsError, resolve
from tests.python.litefs_node import free_port

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
KEYS = {row.key for row in SETTINGS}
HOST = "127.0.0.1"
STARTED_WITHIN_S = 60.0
STOPPED_WITHIN_S = 30.0

Block = tuple[str, str, str]  # document, language, text


def blocks() -> list[Block]:
    return [
        (document.name, language, textwrap.dedent(text))
        for document in DOCUMENTS
        for _, language, text in BLOCK.findall(document.read_text())
    ]


def named(block: Block) -> str:
    document, language, text = block
    return f"{document}:{language}:{text.strip().splitlines()[0][:30]}"


def check_python(text: str) -> None:
    """Compiles; and a LITEFS dict in it is one that a node accepts."""
    module = ast.parse(text)
    for statement in module.body:
        if not isinstance(statement, ast.Assign) or ast.unparse(statement.targets[0]) != "LITEFS":
            continue
        given = ast.literal_eval(statement.value)
        assert set(given) <= KEYS
        site = type("Site", (), {"LITEFS": given, "SECRET_KEY": "x" * 50, "DEBUG": True})
        try:
            resolve(site, {}, ["manage.py", "shell"])
        except SettingsError as error:
            pytest.fail(str(error))


KNOWN_PROGRAMS = (
    *(
        "apt-get",
        "cp",
        "curl",
        "docker",
        "fly",
        "git",
        "install",
        "journalctl",
        "mkdir",
        "openssl",
        "sqlite3",
    ),
    *("sudo", "systemctl"),
    *("django-admin", "litefs-proxy", "pip", "python"),
)


def check_console(text: str) -> None:
    """Every `$` line names a program that exists here or is well known, with a subcommand that exists."""
    commands = get_commands()
    for line in text.splitlines():
        if not line.startswith("$ "):
            continue  # what the command prints
        words = shlex.split(line[2:], comments=True)
        if words[:2] == ["python", "manage.py"] or words[:1] == ["manage.py"]:
            assert words[words.index("manage.py") + 1] in commands, line
        elif words[0].startswith("bin/"):
            assert (ROOT / words[0]).exists(), line
        else:
            assert words[0] in KNOWN_PROGRAMS, line


def check_toml(text: str) -> None:
    tomllib = pytest.importorskip("tomllib", reason="part of Python since 3.11")
    tomllib.loads(text)


CHECKS = {
    "python": check_python,
    "console": check_console,
    "yaml": yaml.safe_load,
    "json": json.loads,
    "toml": check_toml,
}


@pytest.mark.parametrize("block", blocks(), ids=named)
def test_block_is_what_it_claims_to_be(block: Block) -> None:
    _, language, text = block
    CHECKS[language](text)


RUN = re.compile(r"<!-- run: quickstart -->\n```console\n(.*?)```", re.DOTALL)
APPEND = re.compile(r"<!-- append: (\S+) -->\n```python\n(.*?)```", re.DOTALL)


@pytest.fixture
def environment() -> dict[str, str]:
    """A shell with the package installed, and ports of its own."""
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith(("DJANGO_", "LITEFS_"))},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "LITEFS_PROXY_ADDR": f"{HOST}:{free_port(HOST)}",
        "LITEFS_PROXY_TARGET": f"{HOST}:{free_port(HOST)}",
    }


def page(address: str, process: subprocess.Popen[bytes], log: Path) -> str:
    """The front page, as soon as there is one."""
    deadline = time.monotonic() + STARTED_WITHIN_S
    while True:
        try:
            with urllib.request.urlopen(f"http://{address}/", timeout=STARTED_WITHIN_S) as answer:
                return str(answer.read().decode())
        except urllib.error.URLError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)


def test_quickstart(tmp_path: Path, environment: dict[str, str]) -> None:
    text = (ROOT / "docs" / "quickstart.md").read_text()
    commands = [line[2:] for run in RUN.findall(text) for line in run.splitlines()]
    (settings, appended), *_ = APPEND.findall(text)
    install, create, start = commands
    assert install.startswith("pip install django-litefs ")  # it is
    assert sum(len(part.splitlines()) for part in (*commands, appended)) < 10
    subprocess.run(shlex.split(create), cwd=tmp_path, env=environment, check=True, timeout=60)
    with (tmp_path / settings).open("a") as file:
        file.write(appended)
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            shlex.split(start), cwd=tmp_path, env=environment, stdout=output, stderr=output
        )
    try:
        assert "The install worked successfully" in page(environment["LITEFS_PROXY_ADDR"], process, log)
        assert (tmp_path / "db.sqlite3").exists()
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOPPED_WITHIN_S) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()
