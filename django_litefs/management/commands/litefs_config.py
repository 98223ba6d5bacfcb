"""manage.py litefs_config: the two files that litefs_start writes, or a litefs.yml as settings that mean the same."""

from __future__ import annotations

import os
import shlex
from argparse import REMAINDER
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from django_litefs import auto_start, config, process, takeover
from django_litefs.conf import effective
from django_litefs.management.commands.litefs_start import picked_server
from django_litefs.server import NoServerError
from django_litefs.settings import SettingsError


class Command(BaseCommand):
    help = "Prints litefs.yml and litefs-proxy.yml as litefs_start would write them, without secrets."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("server", nargs=REMAINDER, metavar="-- COMMAND", help="as for litefs_start")
        parser.add_argument("--secrets", action="store_true", help="print secrets and passwords too")
        parser.add_argument(
            "--import",
            dest="file",
            metavar="FILE",
            help="print a litefs.yml as LITEFS settings",
        )

    def handle(self, *args: Any, server: list[str], secrets: bool, file: str | None, **options: Any) -> None:
        if file is not None:
            self._take_over(file)
            return
        command = server[1:] if server[:1] == ["--"] else server
        try:
            s = effective()
            command = command or picked_server()
            files = config.rendered(s, command, os.environ, auto_start.manage("litefs_migrate"))
        except (ImproperlyConfigured, process.ExecutableNotFoundError, NoServerError) as error:
            raise CommandError(str(error)) from None
        except SettingsError as error:
            raise CommandError("\n".join(error.problems)) from None
        for name, content in zip((config.LITEFS_FILE, config.PROXY_FILE), files, strict=True):
            if content is not None:
                self.stdout.write(f"---  # {os.path.join(s.data_path, name)}")
                self.stdout.write(config.as_text(content if secrets else config.redacted(content)))
        if s.single_because:
            self.stdout.write(f"# No litefs.yml: {s.single_because}")

    def _take_over(self, file: str) -> None:
        try:
            found = takeover.read(Path(file).read_text(encoding="utf-8"))
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        except (UnicodeDecodeError, takeover.UnreadableError) as error:
            raise CommandError(f"{file}: {error}") from None
        self.stdout.write(f"# From {file}, for settings.py; then: manage.py check\n{found.source()}")
        if found.command:
            self.stdout.write(f"# Start with: manage.py litefs_start -- {shlex.join(found.command)}")
        for note in found.notes:
            self.stdout.write(f"# {note}")
