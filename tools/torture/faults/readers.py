"""A reader that takes its time stops LiteFS from applying what the primary sends."""

from __future__ import annotations

import subprocess
import sys

from tools.cluster import until

from ..checker import Rules
from ..scene import Fault, Scene

READING_FOR = 30.0
READS = (
    "import sys; from django.db import transaction; from notes.models import Note\n"
    "with transaction.atomic(): Note.objects.count(); print('reading', flush=True); sys.stdin.read()"
)
BEGINS_WITHIN = 20.0
NO_WRITE_TAKES = 3.0


def read_for_long(scene: Scene) -> None:
    node = scene.replica()
    with subprocess.Popen(
        [*node.wrapper, sys.executable, "manage.py", "shell", "-c", READS],
        cwd=node.site, env=node.full_environment(),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as reader:  # fmt: skip
        assert reader.stdin is not None
        assert reader.stdout is not None
        until(reader.stdout.readline, "a reader reads", BEGINS_WITHIN)
        scene.some(READING_FOR, READING_FOR)
        reader.stdin.close()


FAULTS = (
    Fault(
        "long-read",
        "a read transaction of 30 s on a replica",
        read_for_long,
        rules=Rules(may_fail=False, longest_write=NO_WRITE_TAKES),
    ),
)
