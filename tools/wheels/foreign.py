"""bin/test-wheel-aarch64: the wheel of the other processor under qemu-user. Imports, answers, names its LiteFS.

Python and its libraries are Debian's for that processor, unpacked into a folder; nothing is installed.
"""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.cluster.addresses import free_network
from tools.cluster.wait import until
from tools.wheels.debian import STABLE, Debian
from tools.wheels.targets import ROOT, TARGETS

TARGET = TARGETS["aarch64"]
PACKAGES = (
    "libc6", "libpython3.11-minimal", "libpython3.11-stdlib", "python3.11-minimal", "libexpat1", "libffi8",
    "libsqlite3-0", "libssl3", "libuuid1", "libbz2-1.0", "liblzma5", "zlib1g",
)  # fmt: skip
READY_WITHIN_S = 120.0
LIMIT_S = 600

SITE = """
import sys
from django.conf import settings
from django.http import HttpResponse
from django.urls import path
settings.configure(
    DEBUG=True, BASE_DIR=sys.argv[1], SECRET_KEY="s" * 50, ALLOWED_HOSTS=["*"], ROOT_URLCONF="__main__",
    INSTALLED_APPS=["django_litefs", "django.contrib.contenttypes", "django.contrib.auth"],
    MIDDLEWARE=["django_litefs.middleware.ConsistencyMiddleware"],
    DATABASES={"default": {"ENGINE": "django_litefs.db.backends.litefs", "NAME": "default"}},
)
import django
django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from wsgiref.simple_server import make_server

def create(request):
    User.objects.create(username="u")
    return HttpResponse(f"{User.objects.count()} user in a {django_litefs._core.__file__.rsplit('.', 2)[1]} module")

import django_litefs
urlpatterns = [path("", create)]
call_command("migrate", verbosity=0)
host, port = sys.argv[2].split(":")
make_server(host, int(port), get_wsgi_application()).serve_forever()
"""


def main() -> int:
    if shutil.which("qemu-aarch64-static") is None:
        raise SystemExit("qemu-aarch64-static is missing: apt-get install qemu-user-static")
    with tempfile.TemporaryDirectory(prefix="litefs-aarch64-") as name:
        folder = Path(name)
        root = system(folder / "root")
        packages = install(folder / "packages")
        programs = packages / "django_litefs" / "bin"
        print(run(root, programs / "litefs", "version"))
        print(run(root, programs / "litefs-proxy", "version").replace("\n", ", "))
        network = free_network()
        app, front = f"{network}.10:8000", f"{network}.10:8081"
        python = ("/usr/bin/python3.11", "-c", SITE, str(folder), app)
        with (
            running(root, *python, PYTHONPATH=str(packages)),
            running(root, programs / "litefs-proxy", "run", "--single", "--addr", front, "--target", app),
        ):
            status, answer = until(lambda: post(front), "an answer through litefs-proxy", READY_WITHIN_S)
            print(status, answer)
            assert (status, answer) == (200, f"1 user in a {expected_suffix()} module")
    print("3 passed, 0 failed")
    return 0


def expected_suffix() -> str:
    return f"cpython-311-{TARGET.triplet}"


def system(root: Path) -> Path:
    for files in Debian(STABLE).packages(PACKAGES, TARGET.debian).values():
        shutil.copytree(files, root, symlinks=True, dirs_exist_ok=True)
    return root


def install(folder: Path) -> Path:
    """As pip on such a machine would; nothing of it runs here."""
    machine = [
        "--platform",
        f"manylinux_2_17_{TARGET.machine}",
        "--python-version",
        "3.11",
        "--only-binary",
        ":all:",
    ]
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--target",
        str(folder),
    ]
    (wheel,) = (ROOT / "dist").glob(f"*-cp311-cp311-*{TARGET.machine}.whl")
    subprocess.run([*pip, *machine, str(wheel)], check=True, timeout=LIMIT_S)
    return folder


def command(root: Path, program: Path | str, *arguments: str) -> list[str]:
    inside = f"{root}{program}" if str(program).startswith("/usr/") else str(program)
    return ["qemu-aarch64-static", "-L", str(root), inside, *arguments]


def run(root: Path, program: Path, *arguments: str) -> str:
    done = subprocess.run(
        command(root, program, *arguments), capture_output=True, text=True, timeout=LIMIT_S, check=True
    )
    return done.stdout.strip()


@contextmanager
def running(root: Path, program: Path | str, *arguments: str, **environment: str) -> Iterator[None]:
    ends_with_us = ["setpriv", "--pdeathsig", "TERM"]
    process = subprocess.Popen(
        [*ends_with_us, *command(root, program, *arguments)],
        env={"PATH": os.defpath, "PYTHONHOME": f"{root}/usr", **environment},
        start_new_session=True,
    )
    try:
        yield
        assert process.poll() is None, f"{program} ended with {process.returncode}"
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def post(address: str) -> tuple[int, str] | None:
    connection = http.client.HTTPConnection(address, timeout=READY_WITHIN_S)
    try:
        connection.request("POST", "/", b"")
        answer = connection.getresponse()
        body = answer.read().decode()
        return None if answer.status in (502, 503) else (answer.status, body)
    except OSError:
        return None
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
