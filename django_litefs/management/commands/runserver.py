"""manage.py runserver on a node of a cluster: LiteFS and litefs-proxy run beside it, from before its first line until
after its last, whatever the autoreloader does in between.

They are started by the process that was called, which never serves: with the reloader its child does, else a child of
ours. So nothing of this process is open on the mount when LiteFS stops.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import find_commands, load_command_class
from django.core.management.base import BaseCommand, CommandError
from django.utils import autoreload

from django_litefs import auto_start, owner
from django_litefs.conf import effective
from django_litefs.settings import Settings

SERVES = "DJANGO_LITEFS_RUNSERVER"  # in the environment of the process that serves


def _next_runserver() -> type[BaseCommand]:
    """That of the next app that has one (staticfiles, daphne), else Django's."""
    configs = list(apps.get_app_configs())
    own = (
        [config.name for config in configs].index("django_litefs")
        if apps.is_installed("django_litefs")
        else -1
    )
    for config in configs[own + 1 :]:
        if "runserver" in find_commands(os.path.join(config.path, "management")):
            return type(load_command_class(config.name, "runserver"))
    return type(load_command_class("django.core", "runserver"))


class Command(_next_runserver()):  # type: ignore[misc]
    def run(self, **options: Any) -> None:
        if SERVES in os.environ or os.environ.get(autoreload.DJANGO_AUTORELOAD_ENV) == "true":
            super().run(**options)
            return
        try:
            s = effective()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        if not self._is_due(s):
            super().run(**options)
            return
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the end of this block is reached
        with self._litefs(options):
            os.environ[SERVES] = "1"
            if options["use_reloader"]:
                super().run(**options)
            else:
                self._serve_in_child()

    def _is_due(self, s: Settings) -> bool:
        if not s.cluster:
            self.stdout.write(f"LiteFS: {s.single_because}")
            return False
        if holder := owner.current(s.data_path):
            self.stdout.write(f"LiteFS: process {holder} runs this node already; it goes on when you quit.")
            return False
        return s.auto_start

    @contextlib.contextmanager
    def _litefs(self, options: dict[str, Any]) -> Iterator[None]:
        command = auto_start.manage("litefs_start", "--no-migrate")
        if options.get("pythonpath"):
            command += ["--pythonpath", options["pythonpath"]]
        target = f"[{self.addr}]:{self.port}" if ":" in self.addr else f"{self.addr}:{self.port}"
        try:
            process = auto_start.start(command, {**os.environ, "LITEFS_PROXY_TARGET": target})
        except auto_start.DidNotStartError as error:
            raise CommandError(str(error)) from None
        try:
            yield
        finally:
            auto_start.stop(process)

    def _serve_in_child(self) -> None:
        with contextlib.suppress(KeyboardInterrupt):
            sys.exit(subprocess.run(autoreload.get_child_arguments(), check=False).returncode)
