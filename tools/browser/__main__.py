"""bin/screenshots: hands the primary over by the page's button, kills a node, and sees both on the page in time."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page, sync_playwright

from tools.cluster import Cluster, Node, Writers

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "img"
CHROMIUM = "/usr/bin/chromium"
PAGE = "/admin/django_litefs/cluster/"
IN_TIME_S = 2.0
LIMIT_MS = 15_000
LOAD_S = 8.0  # so that the charts show something
WEIGHT_MAX = 60_000  # bytes of ours, beside the admin's own
USER, PASSWORD = "root", "only-for-this-run"
MAKE_USER = (
    f"from django.contrib.auth.models import User; User.objects.create_superuser('{USER}', '', '{PASSWORD}')"
)


class Seen:
    """What the browser was asked to load, and complained about."""

    def __init__(self, page: Page) -> None:
        self.problems: list[str] = []
        self.hosts: set[str] = set()
        self.weight = 0
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._hear)
        page.on("request", lambda asked: self.hosts.add(asked.url.split("/")[2]))
        page.on("response", lambda got: self._weigh(got.url, got.headers.get("content-length", "0")))

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.problems.append(said.text)

    def _weigh(self, url: str, length: str) -> None:
        if "django_litefs" in url and "/nodes/" not in url:
            self.weight += int(length)


def within(what: str, condition: Callable[[], object]) -> float:
    """How long it took, which must not be long."""
    began = time.monotonic()
    condition()
    took = time.monotonic() - began
    print(f"{what}: seen after {took:.2f} s")
    if took > IN_TIME_S:
        raise SystemExit(f"{what}: {took:.2f} s are more than {IN_TIME_S:g} s")
    return took


def log_in(page: Page, node: Node) -> None:
    page.goto(f"http://{node.front}/admin/login/?next={PAGE}")
    page.fill("#id_username", USER)
    page.fill("#id_password", PASSWORD)
    page.click("input[type=submit]")
    page.wait_for_selector("tr[data-node]")


def role_is(page: Page, node: Node, role: str) -> None:
    page.wait_for_selector(f"tr[data-node={node.name}][data-role={role}]", timeout=LIMIT_MS)


def try_page(page: Page, cluster: Cluster, pictures: Path) -> None:
    asked, other = cluster.replicas
    seen = Seen(page)
    log_in(page, asked)
    seen.problems.clear()  # the login page's favicon
    time.sleep(LOAD_S)
    page.screenshot(path=str(pictures / "cluster.png"))
    page.on("dialog", lambda dialog: dialog.accept())
    page.click(f"form[data-promote={asked.name}] button")
    within(f"{asked.name} is primary", lambda: role_is(page, asked, "primary"))
    other.kill()
    silent = f"tr[data-node={other.name}][data-linked=false]"
    within(f"{other.name} is dead", lambda: page.wait_for_selector(silent, timeout=LIMIT_MS))
    page.emulate_media(color_scheme="dark")
    page.screenshot(path=str(pictures / "cluster-node-lost.png"))
    print(f"{seen.weight} bytes of our own, hosts {seen.hosts}, problems {seen.problems}")
    if seen.problems or seen.hosts != {asked.front} or not 0 < seen.weight <= WEIGHT_MAX:
        raise SystemExit("the page is not as it should be")


def main() -> None:
    options = argparse.ArgumentParser(prog="bin/screenshots", description=__doc__)
    options.add_argument("--into", type=Path, default=PICTURES, metavar="FOLDER", help="default: docs/img")
    pictures: Path = options.parse_args().into
    pictures.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(3)
    try:
        cluster.start()
        cluster.primary.manage("shell", "-c", MAKE_USER).check_returncode()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            with Writers([cluster.primary], count=2, pause=0.05):
                try_page(browser.new_page(viewport={"width": 1200, "height": 680}), cluster, pictures)
            browser.close()
    finally:
        cluster.close()


if __name__ == "__main__":
    main()
