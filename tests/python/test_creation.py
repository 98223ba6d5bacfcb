"""Test databases as a site's own `manage.py test` makes them: on a file, in parallel, forked and spawned, kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from django_litefs.db.backends.litefs.base import DatabaseWrapper

LIMIT_S = 120
MANAGE = """
import multiprocessing, os, sys
from django.core.management import execute_from_command_line
if __name__ == "__main__":
    multiprocessing.set_start_method(os.environ["START_METHOD"])
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    execute_from_command_line(sys.argv)
"""
SETTINGS = """
import os
SECRET_KEY = "only-for-tests"
INSTALLED_APPS = ["django_litefs", "shelf"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
TEST = {"NAME": os.environ["TEST_NAME"]} if os.environ["TEST_NAME"] else {}
DATABASES = {"default": {"ENGINE": "django_litefs.db.backends.litefs", "NAME": "default", "TEST": TEST}}
"""
MODELS = """
from django.db import models

class Book(models.Model):
    title = models.TextField()
"""
TESTS = """
import os
from django.db import connection
from django.test import TestCase, TransactionTestCase
from shelf.models import Book

def check(case):
    Book.objects.create(title="x")
    case.assertEqual(Book.objects.count(), 1)
    with open(os.environ["SEEN"], "a") as seen:
        seen.write(str(connection.settings_dict["NAME"]) + chr(10))

class One(TestCase):
    def test(self):
        check(self)

class Two(TransactionTestCase):
    def test(self):
        check(self)

class Three(TestCase):
    def test(self):
        check(self)
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name, text in {
        "manage.py": MANAGE,
        "settings.py": SETTINGS,
        "shelf/__init__.py": "",
        "shelf/models.py": MODELS,
        "shelf/tests.py": TESTS,
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def run_tests(site: Path, start_method: str, name: str, *options: str) -> list[str]:
    """Runs the site's tests: the databases that they used, without their folder."""
    seen = site / "seen"
    seen.unlink(missing_ok=True)
    environment = {"START_METHOD": start_method, "TEST_NAME": name, "SEEN": str(seen)}
    ran = subprocess.run(
        [sys.executable, "manage.py", "test", "--noinput", *options],
        cwd=site,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert ran.returncode == 0, ran.stderr
    assert "Ran 3 tests" in ran.stderr
    return sorted({os.path.basename(name) for name in seen.read_text().split()})


def databases(site: Path) -> list[str]:
    return sorted(path.name for path in site.rglob("*.sqlite3*"))


@pytest.mark.parametrize("start_method", ["fork", "spawn"])
@pytest.mark.parametrize("in_memory", [False, True])
def test_parallel(site: Path, start_method: str, in_memory: bool) -> None:
    name = "" if in_memory else str(site / "test.sqlite3")
    used = run_tests(site, start_method, name, "--parallel=2")
    assert "test.sqlite3" not in used, "the workers shared one database"
    assert databases(site) == []


def test_kept_databases_are_used_again(site: Path) -> None:
    name = str(site / "test.sqlite3")
    for _ in range(2):
        used = run_tests(site, "fork", name, "--parallel=2", "--keepdb")
        assert set(used) <= {"test_1.sqlite3", "test_2.sqlite3"}
        assert databases(site) == ["test.sqlite3", "test_1.sqlite3", "test_2.sqlite3"]
    assert run_tests(site, "fork", name) == ["test.sqlite3"]
    assert databases(site) == ["test_1.sqlite3", "test_2.sqlite3"]


def test_leftovers_of_a_run_that_was_killed(site: Path) -> None:
    for name in (
        "test.sqlite3",
        "test.sqlite3-wal",
        "test.sqlite3-shm",
        "test_1.sqlite3",
        "test_1.sqlite3-wal",
    ):
        (site / name).write_bytes(b"left" * 1024)
    run_tests(site, "fork", str(site / "test.sqlite3"), "--parallel=2")
    assert databases(site) == []


def test_never_on_a_mount(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A program that is no known test runner, with the settings of a cluster."""
    monkeypatch.setattr("sys.argv", ["run_my_tests.py"])
    settings.LITEFS = {
        "STATIC_PRIMARY": {"hostname": "n0", "url": "http://127.0.0.1:1"},
        "HOSTNAME": "n0",
        "MOUNT_PATH": str(tmp_path),
    }
    test = {**connections.settings["default"]["TEST"], "NAME": str(tmp_path / "test.sqlite3")}
    wrapper: Any = DatabaseWrapper({**connections.settings["default"], "TEST": test}, "default")
    with pytest.raises(ImproperlyConfigured, match="on the mount"):
        wrapper.creation._create_test_db(0, True)
    assert list(tmp_path.iterdir()) == []


def test_signature_is_the_name_as_given() -> None:
    values = {**connections.settings["default"], "NAME": "default"}
    for given, own in (("custom.sqlite3", "custom.sqlite3"), (None, "alias"), (":memory:", "alias")):
        wrapper: Any = SimpleNamespace(settings_dict={**values, "TEST": {"NAME": given}}, alias="alias")
        creation = DatabaseWrapper.creation_class(wrapper)
        assert creation.test_db_signature() == ("default", own)
