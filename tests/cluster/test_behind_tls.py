"""Django's own admin through TLS: ended by nginx in front, which is trusted or not, or by litefs-proxy itself."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tools.cluster import Node, until
from tools.cluster.addresses import free_network
from tools.cluster.cluster import SITE
from tools.cluster.front import ENDS_WITH_US, answers, believes, certificate, free_port

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
VISITOR, NGINX = "127.0.0.9", "127.0.0.8"  # where the browser and nginx connect from
PASSWORD = "a-password-of-tests"
NGINX_CONFIGURATION = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {cert}; ssl_certificate_key {key};
    location / {{
      proxy_pass http://{front}; proxy_http_version 1.1; proxy_bind {nginx};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
  }}
}}
"""


@dataclass
class Browser:
    """Speaks TLS from an address of its own, keeps cookies, says where it comes from as browsers do."""

    port: int
    ca: Path
    cookies: dict[str, str] = field(default_factory=dict)
    insecure: list[str] = field(default_factory=list)  # cookies that were set without Secure

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.port}"

    def ask(
        self, path: str, form: dict[str, str] | None = None, said: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, str]:
        connection = http.client.HTTPSConnection(
            "localhost", self.port, timeout=20, source_address=(VISITOR, 0), context=believes(self.ca)
        )
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()), **(said or {})}
        if form is not None:
            headers |= {
                "Origin": self.origin,
                "Referer": f"{self.origin}{path}",
                "Content-Type": "application/x-www-form-urlencoded",
            }
        connection.request("GET" if form is None else "POST", path, urlencode(form or {}) or None, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        for line in answer.headers.get_all("Set-Cookie", []):
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
            if "; Secure" not in line and "Max-Age=0" not in line:
                self.insecure.append(name)
        return answer, text

    def submit(self, path: str, **form: str) -> tuple[http.client.HTTPResponse, str]:
        """Fetches the form's page, then posts it with the token that is in it."""
        _, page = self.ask(path)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token, page[:500]
        return self.ask(path, {"csrfmiddlewaretoken": token[1], **form})


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    certificate(tmp_path, "ca")
    return (tmp_path / "ca.pem", *certificate(tmp_path, "site", "ca"))


def started(folder: Path, **environment: str) -> Iterator[Node]:
    sites = Path(__file__).parent / "sites"
    node = Node(
        "n0",
        f"{free_network()}.10",
        folder / "node",
        SITE,
        {
            "DJANGO_SETTINGS_MODULE": "behind_proxy",
            "PYTHONPATH": f"{sites}:{SITE}",
            "NOTES_DEBUG": "0",
            "NOTES_SECRET_KEY": "a-secret-for-tests-that-is-long-enough-to-be-one",
            "LITEFS_ENABLED": "false",
            **environment,
        },
    )
    node.start()
    try:
        node.wait_ready()
        made = node.manage(
            "createsuperuser",
            "--noinput",
            "--username=admin",
            "--email=a@example.com",
            DJANGO_SUPERUSER_PASSWORD=PASSWORD,
        )
        assert made.returncode == 0, made.stderr
        yield node
        assert node.stop() == 0
    finally:
        node.clean_up()


def through_nginx(folder: Path, files: tuple[Path, Path, Path], node: Node) -> Iterator[Browser]:
    if shutil.which("nginx") is None:
        subprocess.run([ROOT / "tools" / "setup" / "debian.sh", "nginx-light"], check=True)
    ca, cert, key = files
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(
        NGINX_CONFIGURATION.format(
            folder=folder, port=port, cert=cert, key=key, front=node.front, nginx=NGINX
        )
    )
    command = [*ENDS_WITH_US, "nginx", "-p", str(folder), "-c", str(configuration)]
    with subprocess.Popen(command) as nginx:
        try:
            until(lambda: answers(port), "nginx listens", within=20)
            yield Browser(port, ca)
        finally:
            nginx.terminate()


@pytest.fixture
def trusted(tmp_path: Path, files: tuple[Path, Path, Path]) -> Iterator[Browser]:
    for node in started(tmp_path, LITEFS_TRUSTED_PROXIES=NGINX):
        yield from through_nginx(tmp_path, files, node)


@pytest.fixture
def untrusted(tmp_path: Path, files: tuple[Path, Path, Path]) -> Iterator[Browser]:
    for node in started(tmp_path):
        yield from through_nginx(tmp_path, files, node)


@pytest.fixture
def own_tls(tmp_path: Path, files: tuple[Path, Path, Path]) -> Iterator[Browser]:
    ca, cert, key = files
    port = free_port()
    tls = {"LITEFS_TLS_ADDR": f"127.0.0.1:{port}", "LITEFS_TLS_CERT": str(cert), "LITEFS_TLS_KEY": str(key)}
    for _ in started(tmp_path, **tls):
        yield Browser(port, ca)


def assert_admin_works(browser: Browser) -> None:
    answer, _ = browser.ask("/admin/")
    assert (answer.status, answer.headers["Location"]) == (302, "/admin/login/?next=/admin/")
    answer, page = browser.submit("/admin/login/?next=/admin/", username="admin", password=PASSWORD)
    assert (answer.status, answer.headers["Location"]) == (302, "/admin/"), page[:2000]
    answer, page = browser.submit("/admin/notes/note/add/", title="through TLS", text="", _save="Save")
    assert (answer.status, answer.headers["Location"]) == (302, "/admin/notes/note/"), page[:2000]
    answer, page = browser.ask("/admin/notes/note/")
    assert answer.status == 200
    assert "through TLS" in page
    answer, _ = browser.ask("/absolute")
    assert answer.headers["Location"] == f"{browser.origin}/seen"
    assert browser.insecure == []


def test_behind_a_trusted_nginx(trusted: Browser) -> None:
    assert_admin_works(trusted)
    _, text = trusted.ask("/seen", said={"X-Forwarded-For": "203.0.113.7", "X-Request-Id": "asked-by-nginx"})
    assert json.loads(text) == {
        "secure": True,
        "url": f"{trusted.origin}/seen",
        "clients": f"203.0.113.7, {VISITOR}, {NGINX}",  # nginx vouches for its visitor, not for the first
        "id": "asked-by-nginx",
    }


def test_with_tls_of_its_own(own_tls: Browser) -> None:
    assert_admin_works(own_tls)
    forged = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil"}
    forged["X-Request-Id"] = "x"
    _, text = own_tls.ask("/seen", said=forged)
    seen = json.loads(text)
    assert (seen["secure"], seen["clients"]) == (True, VISITOR)
    assert seen["url"] == f"{own_tls.origin}/seen"
    assert seen["id"] != "x"


def test_behind_an_nginx_that_nobody_named(untrusted: Browser) -> None:
    """What it says is not believed: no secure request, its own address as the client, and so no login."""
    _, text = untrusted.ask("/seen", said={"X-Request-Id": "x"})
    seen = json.loads(text)
    assert (seen["secure"], seen["clients"]) == (False, NGINX)
    assert seen["url"] == f"http://localhost:{untrusted.port}/seen"
    assert seen["id"] != "x"
    answer, page = untrusted.submit("/admin/login/", username="admin", password=PASSWORD)
    assert answer.status == 403
    assert "CSRF" in page
