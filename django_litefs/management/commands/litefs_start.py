"""manage.py litefs_start [--import FILE] [-- COMMAND …]: becomes litefs-proxy, which runs LiteFS and the app server."""

from __future__ import annotations

import os
import subprocess
from argparse import REMAINDER
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from django_litefs import auto_start, config, lease, owner, process, server, start
from django_litefs.conf import effective
from django_litefs.settings import Settings, SettingsError

CHECK_TIMEOUT_S = 30
# So that a mistake leaves no file. A sandbox may have no /dev/stdin, macOS has no /proc.
STDIN = next((path for path in ("/proc/self/fd/0", "/dev/stdin") if os.path.exists(path)), "/dev/stdin")


class Command(BaseCommand):
    help = "Starts this node: LiteFS, litefs-proxy and the app server (the command after --)."
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "command",
            nargs=REMAINDER,
            metavar="-- COMMAND",
            help="e.g. -- gunicorn mysite.wsgi; without it an installed server for the site's application",
        )
        parser.add_argument(
            "--check", action="store_true", help="validate and write the files, start nothing"
        )
        parser.add_argument(
            "--import",
            dest="load",
            default="",
            metavar="FILE",
            help="once, into an empty cluster: the database of a site that ran without LiteFS",
        )
        parser.add_argument(
            "--no-server",
            action="store_true",
            help="LiteFS and litefs-proxy only: somebody else runs the app server at PROXY_TARGET",
        )
        parser.add_argument("--no-migrate", action="store_true", help="do not run or wait for migrations")
        parser.add_argument(
            "--parent", metavar="PID", default="", help="stop when this process, our parent, ends"
        )

    def handle(
        self, *args: Any, command: list[str], check: bool, no_server: bool, parent: str, **options: Any
    ) -> None:
        command = command[1:] if command[:1] == ["--"] else command
        if command and no_server:
            raise CommandError("--no-server and a server: leave out one of them.")
        try:
            s = effective()
            picked = not command and not no_server
            if picked:
                command = picked_server()
                self.stdout.write(f"LiteFS: the app server is {' '.join(command[1:])}")
            steps = {"migrate": not options["no_migrate"], "load": options["load"]}
            program, arguments = self._prepare(s, command, check=check, **steps)
        except (ImproperlyConfigured, process.ExecutableNotFoundError, server.NoServerError) as error:
            raise CommandError(str(error)) from None
        except SettingsError as error:
            raise CommandError("\n".join(error.problems)) from None
        except OSError as error:
            raise CommandError(f"{error.filename or ''}: {error.strerror}".lstrip(": ")) from None
        if check:
            return
        for wrong in process.mismatches(s.binary_path, cluster=s.cluster):
            self.stderr.write(f"LiteFS: {wrong}")
        if s.single_because:
            self.stdout.write(f"LiteFS: {s.single_because}")
        if picked:
            os.chdir(auto_start.site_folder())  # where it finds the application
        self.stdout.flush()
        os.execv(program, [program, *arguments, *(["--parent", parent] if parent else [])])

    def _prepare(
        self, s: Settings, command: Sequence[str], *, check: bool, migrate: bool, load: str
    ) -> tuple[str, list[str]]:
        if load and not s.cluster:
            raise SettingsError(
                [f"--import {load}: this node runs without LiteFS, on {s.database_folder} itself."]
            )
        if load and not os.path.isfile(load):
            raise SettingsError([f"--import {load}: there is no such file."])
        proxy = process.find_executable("litefs-proxy", s.binary_path)
        step = auto_start.manage("litefs_migrate") if migrate else []
        first = auto_start.manage("litefs_import", os.path.abspath(load), "--once") if load else []
        litefs_config, proxy_config = config.rendered(s, command, os.environ, step, first)
        if found := start.problems(s, load):
            raise SettingsError(found)
        refuse_mistakes(proxy, proxy_config)
        start.create_folders(s)
        if not check and owner.claim(s.data_path) is None:
            raise SettingsError(
                [f"Process {owner.current(s.data_path)} runs this node already (DATA_PATH {s.data_path})."]
            )
        if not check and s.cluster and not s.static_lease and lease.bootstraps(s):
            proxy_config["litefs"]["bootstrap"] = True
        if litefs_config is not None:
            config.write(os.path.join(s.data_path, config.LITEFS_FILE), litefs_config)
            config.write(os.path.join(s.data_path, config.JOIN_FILE), config.join_config(s))
        path = os.path.join(s.data_path, config.PROXY_FILE)
        config.write(path, proxy_config)
        return proxy, ["run", "--config", path]


def refuse_mistakes(proxy: str, proxy_config: Mapping[str, Any]) -> None:
    """What only litefs-proxy knows to be wrong, as in PROCESSES and PROXY_EXTRA. Raises CommandError."""
    checked = subprocess.run(
        [proxy, "check", "--config", STDIN],
        input=config.as_text(proxy_config),
        capture_output=True,
        text=True,
        timeout=CHECK_TIMEOUT_S,
        check=False,
    )
    if checked.returncode != 0:
        found = checked.stderr.strip().replace(STDIN, config.PROXY_FILE)
        raise CommandError(found or f"litefs-proxy refused {config.PROXY_FILE}.")


def picked_server() -> list[str]:
    """The command of an installed server for this site. Raises NoServerError."""
    return server.pick_server(
        settings.WSGI_APPLICATION or "", getattr(settings, "ASGI_APPLICATION", None) or ""
    )
