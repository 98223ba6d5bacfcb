"""bin/screenshots: a handoff by the page's button, a frozen and a killed node, seen on both pages in time."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tools.cluster import Cluster, Node, Writers

from .seen import Seen, check_access, within
from .viewers import share_of_cpu

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "img"
CHROMIUM = "/usr/bin/chromium"
ADMIN, STATUS = "/admin/django_litefs/cluster/", "/litefs/status"
LIMIT_MS = 15_000
LOAD_S = 8.0  # so that the charts show something
WEIGHT_MAX = 60_000  # bytes of ours, in the admin beside its own
VIEWERS = 10
WINDOW = {"width": 1280, "height": 800}
USER, PASSWORD = "root", "only-for-this-run"
MAKE_USER = (
    f"from django.contrib.auth.models import User; User.objects.create_superuser('{USER}', '', '{PASSWORD}')"
)


def log_in(page: Page, node: Node) -> None:
    page.goto(f"http://{node.front}/admin/login/?next={ADMIN}")
    page.fill("#id_username", USER)
    page.fill("#id_password", PASSWORD)
    page.click("input[type=submit]")
    page.wait_for_selector("tr[data-node]")


def both_see(pages: dict[str, Page], what: str, row: str) -> None:
    """A row of the table, on each page; the second is looked at after the first has it."""
    for where, page in pages.items():
        within(f"{what}, {where}", lambda: page.wait_for_selector(f"tr{row}", timeout=LIMIT_MS))  # noqa: B023


def try_pages(browser: Browser, cluster: Cluster, pictures: Path) -> None:
    host, (asked, other) = cluster.primary, cluster.replicas
    pages = {"admin": browser.new_page(viewport=WINDOW), "status": browser.new_page(viewport=WINDOW)}
    admin, status = pages.values()
    seen = {asked.front: Seen(admin, "django_litefs"), host.admin: Seen(status, "/litefs/")}
    log_in(admin, asked)
    seen[asked.front].problems.clear()  # the login page's favicon
    status.goto(f"http://{host.admin}{STATUS}")
    status.wait_for_selector("tr[data-node]")
    time.sleep(LOAD_S)
    admin.screenshot(path=str(pictures / "cluster.png"))
    check_access(admin, "#litefs-cluster")
    check_access(status, "html")
    for viewers in (0, VIEWERS):
        share, received = share_of_cpu(host, viewers)
        print(
            f"litefs-proxy with {viewers} viewers beside the browser: {share:.1f} % of a core, {received} bytes"
        )
    admin.on("dialog", lambda dialog: dialog.accept())
    admin.click(f"tr[data-node={asked.name}] button")
    both_see(pages, f"{asked.name} is primary", f"[data-node={asked.name}][data-role=primary]")
    other.freeze()
    both_see(pages, f"{other.name} lags", f"[data-node={other.name}]:not([data-behind='0'])")
    other.kill()
    both_see(pages, f"{other.name} is dead", f"[data-node={other.name}][data-linked=false]")
    status.emulate_media(color_scheme="dark")
    status.screenshot(path=str(pictures / "cluster-node-lost.png"))
    for address, one in seen.items():
        one.judge(address, WEIGHT_MAX)


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
                try_pages(browser, cluster, pictures)
            browser.close()
    finally:
        cluster.close()


if __name__ == "__main__":
    main()
