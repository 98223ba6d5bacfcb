"""Importing any module of ours does nothing: no file of the site is read, nothing is connected, nothing is started."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import importlib, pkgutil, sys, sysconfig
import django
django.setup()
import celery, gunicorn, health_check.base, yaml  # what is not ours may do what it likes
import django_litefs

CODE = (".py", ".pyc", ".so", ".pyd")
DEEDS = ("socket.", "subprocess.", "sqlite3.connect", "os.mkdir", "os.remove", "os.rename", "os.posix_spawn", "os.fork")
INSTALLED = (sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"), *[p for p in sys.path if p.endswith(".zip")])
seen = []

def hook(event, arguments):
    name = arguments[0] if event == "open" and isinstance(arguments[0], str) else ""
    opens_file = name and not name.endswith(CODE) and not name.startswith(INSTALLED)
    if opens_file or event.startswith(DEEDS):
        seen.append((event, arguments))

sys.addaudithook(hook)
names = [module.name for module in pkgutil.walk_packages(django_litefs.__path__, "django_litefs.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(len(names), seen)
"""


def test_importing_does_nothing() -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-B", "-c", SCRIPT],
        cwd=root,
        env={"DJANGO_SETTINGS_MODULE": "tests.python.settings", "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    count, _, seen = done.stdout.strip().partition(" ")
    assert int(count) > 50
    assert seen == "[]"
