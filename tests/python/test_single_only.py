"""The Python part alone, as where no compiled wheel fits: a single node works, a cluster is refused with the reason."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import pytest

from django_litefs import _core
from django_litefs.native import single

PACKAGE = Path(__file__).resolve().parents[2] / "django_litefs"
LIMIT_S = 60

SITE = """
import sys
sys.modules["fcntl"] = None  # as on Windows
import os
del os.fork, os.register_at_fork
from django.conf import settings
settings.configure(
    DEBUG=True, BASE_DIR={folder!r}, SECRET_KEY="s" * 50, LITEFS={litefs!r}, USE_TZ=True,
    INSTALLED_APPS=["django_litefs", "django.contrib.contenttypes", "django.contrib.auth"],
    MIDDLEWARE=["django_litefs.middleware.ConsistencyMiddleware"], ROOT_URLCONF="site_urls",
    DATABASES={{"default": {{"ENGINE": "django_litefs.db.backends.litefs", "NAME": "default"}}}},
)
import django
django.setup()
"""
USE = """
from django.core.management import call_command, load_command_class
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from django.contrib.auth.models import User
import types
sys.modules["site_urls"] = urls = types.ModuleType("site_urls")
def create(request):
    User.objects.create(username="b")
    return HttpResponse(str(User.objects.count()))
urls.urlpatterns = [path("", create)]
load_command_class("django_litefs", "runserver")
call_command("check")
call_command("migrate", verbosity=0)
User.objects.create(username="a")
print(Client(SERVER_NAME="localhost").post("/").content.decode())
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The package as that wheel has it."""
    shutil.copytree(
        PACKAGE, tmp_path / "django_litefs", ignore=shutil.ignore_patterns("native", "bin", "__pycache__")
    )
    shutil.copy(PACKAGE / "native" / "single.py", tmp_path / "django_litefs" / "_core.py")
    return tmp_path


def run(site: Path, litefs: Mapping[str, str], code: str) -> subprocess.CompletedProcess[str]:
    text = SITE.format(folder=str(site), litefs=litefs) + code
    # -S: without the hook of an editable install, which would find the package of the source tree.
    path = os.pathsep.join([str(site), sysconfig.get_path("purelib")])
    return subprocess.run(
        [sys.executable, "-S", "-c", text], env={"PYTHONPATH": path}, cwd=site, timeout=LIMIT_S,
        capture_output=True, text=True,
    )  # fmt: skip


def test_a_single_node_works(site: Path) -> None:
    done = run(site, {}, USE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "2"
    assert (site / "db.sqlite3").exists()


def test_a_cluster_is_refused_with_the_reason(site: Path) -> None:
    lease = {"CONSUL_URL": "http://127.0.0.1:8500", "CONSUL_KEY": "k", "ADVERTISE_URL": "http://127.0.0.1:1"}
    done = run(site, lease, "from django_litefs.conf import effective; effective()")
    assert "can only be a single node" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "text",
    ["1m30s", "1.5s", "250ms", "720h", "0s", "1us2ns", "", "s", "1", "1.s", "1x", "721h", "-1s", "1 s"],
)
def test_durations_are_those_of_the_native_module(text: str) -> None:
    outcomes = []
    for module in (_core, single):
        try:
            outcomes.append(str(module.parse_duration(text)))
        except ValueError as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]
