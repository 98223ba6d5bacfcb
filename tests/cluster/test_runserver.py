"""manage.py runserver on a node of a cluster: one LiteFS beside it through every reload, and nothing left after it."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.developer import WITHIN, Developer
from tools.cluster import processes
from tools.cluster.wait import TooLongError, until

pytestmark = pytest.mark.integration

RELOADS = 10
SEEN_WITHIN = 5.0
QUICK_RELOADER = "from django.utils.autoreload import StatReloader\nStatReloader.SLEEP_TIME = 0.1\n"


@pytest.fixture
def developer(tmp_path: Path) -> Iterator[Developer]:
    developer = Developer(tmp_path)
    developer.append("notes_site/settings.py", QUICK_RELOADER)
    yield developer
    developer.clean_up()


def runserver(developer: Developer, *arguments: str) -> None:
    developer.run("manage.py", "runserver", developer.target, *arguments)


def until_reloaded(developer: Developer, serving: int) -> int:
    """Edits until it is seen: Django's reloader misses what changes before its first look, if the server is quicker."""

    def reloaded() -> int:
        developer.append("notes/views.py", "# an edit\n")
        with contextlib.suppress(TooLongError):
            return developer.until_served(other_than=serving, within=SEEN_WITHIN)
        return 0

    return until(reloaded, "an edit is seen", WITHIN)


def test_reloads(developer: Developer) -> None:
    runserver(developer)
    serving = developer.until_served()
    litefs = developer.running("litefs")
    assert len(litefs) == 1
    for _ in range(RELOADS):
        serving = until_reloaded(developer, serving)
    assert developer.running("litefs") == litefs
    assert developer.quit(signal.SIGINT, group=True) == 0
    assert developer.left() == []
    assert "unmount" not in developer.node.log.read_text(), (
        "something was open on the mount when LiteFS stopped"
    )


@pytest.mark.parametrize(
    ("arguments", "number", "group"),
    [
        ((), signal.SIGTERM, False),
        (("--noreload",), signal.SIGINT, True),
    ],
)
def test_each_way_to_quit(
    developer: Developer, arguments: tuple[str, ...], number: signal.Signals, group: bool
) -> None:
    runserver(developer, *arguments)
    developer.until_served()
    assert developer.quit(number, group=group) == 0
    assert developer.left() == []


def test_killed(developer: Developer) -> None:
    """LiteFS stops by itself, and the next runserver finds a free node."""
    runserver(developer)
    serving = developer.until_served()
    developer.quit(signal.SIGKILL, group=False)
    processes.kill([serving])  # Django's reloader leaves its child behind
    until(lambda: not developer.left(), "nothing is left", WITHIN)
    runserver(developer)
    developer.until_served()
    second = developer.node.manage("runserver", "--noreload", developer.target, timeout=WITHIN)
    assert "runs this node already" in second.stdout
    assert "already in use" in second.stderr
    assert len(developer.running("litefs")) == 1
    developer.quit(signal.SIGTERM, group=False)
    assert developer.left() == []


@pytest.mark.parametrize("command", [("check",), ("migrate", "--plan"), ("shell", "-c", "pass")])
def test_nothing_else_starts_it(developer: Developer, command: tuple[str, ...]) -> None:
    developer.node.manage(*command)
    assert developer.left() == []
    assert not developer.node.data.exists()
