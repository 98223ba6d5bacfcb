"""manage.py write_notes NAME [--count N]: a worker that writes notes, as a queue's worker or a cron job does.

One line of JSON for each attempt: its token and what became of it. On a replica a write is refused and the worker tries
again later with the next note, so it writes whenever its node is the primary.
"""

from __future__ import annotations

import json
import signal
import time
from argparse import ArgumentParser
from itertools import count
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from django_litefs.exceptions import NotPrimaryError
from notes.models import Note


class Command(BaseCommand):
    help = "Writes notes one after another until SIGTERM, or N of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="tokens are <name>.<number>")
        parser.add_argument("--count", type=int, default=0, metavar="N")
        parser.add_argument("--pause", type=float, default=0.05, metavar="SECONDS")

    def handle(self, *args: Any, name: str, count: int, pause: float, **options: Any) -> None:
        signal.signal(signal.SIGTERM, self.stop)
        self.going = True
        for number in numbers(count):
            if not self.going:
                return
            token = f"{name}.{number:05d}"
            started = time.monotonic()
            outcome, note_id, detail = attempt(token)
            facts = {"token": token, "outcome": outcome, "id": note_id, "detail": detail}
            self.stdout.write(json.dumps({**facts, "started": started, "ended": time.monotonic()}))
            self.stdout.flush()
            time.sleep(pause)

    def stop(self, *_: object) -> None:
        self.going = False


def numbers(limit: int) -> Any:
    return range(1, limit + 1) if limit else count(1)


def attempt(token: str) -> tuple[str, int, str]:
    """What a careful worker may conclude: ok, not_applied or unknown."""
    try:
        note = Note.objects.create(title="written by a worker", token=token)
    except NotPrimaryError as error:
        return "not_applied", 0, repr(error)
    except DatabaseError as error:
        return "unknown", 0, repr(error)
    return "ok", note.pk, ""
