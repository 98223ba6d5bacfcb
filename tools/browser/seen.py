"""What a browser was asked to load and complained about, and what axe-core finds in a page."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page

AXE = Path(__file__).resolve().parents[2] / ".tools" / "browser" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")
IN_TIME_S = 2.0


class Seen:
    def __init__(self, page: Page, own: str) -> None:
        """`own`: what the address of each of our own files has in it."""
        self.own = own
        self.problems: list[str] = []
        self.hosts: set[str] = set()
        self.weight = 0
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._hear)  # a breach of the Content-Security-Policy is said there too
        page.on("request", lambda asked: self.hosts.add(asked.url.split("/")[2]))
        page.on("response", lambda got: self._weigh(got.url, got.headers.get("content-length", "0")))

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.problems.append(said.text)

    def _weigh(self, url: str, length: str) -> None:
        if self.own in url and "/nodes/" not in url:
            self.weight += int(length)

    def judge(self, host: str, weight_max: int) -> None:
        print(f"{host}: {self.weight} bytes of our own, hosts {self.hosts}, problems {self.problems}")
        if self.problems or self.hosts != {host} or not 0 < self.weight <= weight_max:
            raise SystemExit(f"the page of {host} is not as it should be")


def within(what: str, condition: Callable[[], object]) -> None:
    """It must not take long."""
    began = time.monotonic()
    condition()
    took = time.monotonic() - began
    print(f"{what}: seen after {took:.2f} s")
    if took > IN_TIME_S:
        raise SystemExit(f"{what}: {took:.2f} s are more than {IN_TIME_S:g} s")


def check_access(page: Page, within_element: str) -> None:
    """No serious finding of axe-core, in light and dark. Evaluated, since the page's policy forbids strange scripts."""
    if not AXE.exists():
        print("axe-core is not there: npm was missing when tools/setup/browser.sh ran")
        return
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type,unused-ignore]
        page.evaluate(AXE.read_text())
        found = page.evaluate(f"axe.run('{within_element}')")["violations"]
        serious = [each["id"] for each in found if each["impact"] in SERIOUS]
        print(f"axe-core, {scheme}: {len(found)} findings, serious: {serious}")
        if serious:
            raise SystemExit("the page is not for everybody")
    page.emulate_media(color_scheme="light")
