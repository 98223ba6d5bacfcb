"""The Python part alone in an empty environment, on whatever system this is: a single node; a cluster is refused."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 600

SETTINGS = """
INSTALLED_APPS += ["django_litefs"]
MIDDLEWARE.insert(0, "django_litefs.middleware.ConsistencyMiddleware")
DATABASES["default"] = {"ENGINE": "django_litefs.db.backends.litefs", "NAME": "default"}
"""
# Django's own log-in view writes a session.
TEST = """
from django.contrib.auth.models import User
from django.test import TestCase

class LogIn(TestCase):
    def test_writes_and_reads(self):
        User.objects.create_superuser("u", password="p")
        answer = self.client.post("/admin/login/?next=/admin/", {"username": "u", "password": "p"})
        self.assertRedirects(answer, "/admin/")
"""
LEASE = {
    "LITEFS_CONSUL_URL": "http://127.0.0.1:8500",
    "LITEFS_CONSUL_KEY": "litefs/trial",
    "LITEFS_ADVERTISE_URL": "http://127.0.0.1:20202",
}


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="litefs-pure-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        python = folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        (wheel,) = (ROOT / "dist").glob("*-py3-none-any.whl")
        subprocess.run([python, "-m", "pip", "install", "--quiet", wheel], check=True, timeout=LIMIT_S)
        site = folder / "site"
        site.mkdir()
        manage(python, site, "-m", "django", "startproject", "mysite", ".")
        with (site / "mysite" / "settings.py").open("a") as settings:
            settings.write(SETTINGS)
        (site / "mysite" / "tests.py").write_text(TEST)
        for command in (["check"], ["migrate", "--verbosity=0"], ["test"]):
            manage(python, site, "manage.py", *command)
        refused = manage(python, site, "manage.py", "check", fails=True, **LEASE)
        assert "can only be a single node" in refused, refused
    print("5 passed, 0 failed")
    return 0


def manage(python: Path, site: Path, *arguments: str, fails: bool = False, **environment: str) -> str:
    done = subprocess.run(
        [python, *arguments],
        cwd=site,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


if __name__ == "__main__":
    sys.exit(main())
