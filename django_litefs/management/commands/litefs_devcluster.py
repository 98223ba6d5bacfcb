"""manage.py litefs_devcluster: three real nodes of this site on this machine, to try what a failover does to it."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from django_litefs import auto_start, start
from django_litefs.devcluster import DevCluster
from django_litefs.members import DevClusterError

ACTIONS = ("run", "up", "down", "status", "stop", "kill", "start")
FOLDER = ".litefs-devcluster"


class Command(BaseCommand):
    help = (
        "Runs three nodes of this site (Consul, LiteFS, litefs-proxy, app server) on this machine. run (default): "
        "until Ctrl-C; up, down: in the background; status; stop, kill or start NODE: a planned stop, a crash, and "
        "back. Needs consul on PATH, and FUSE."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", nargs="?", choices=ACTIONS, default="run")
        parser.add_argument("node", nargs="?", default="", help="for stop, kill and start: n1, say")
        parser.add_argument("--nodes", type=int, default=3, help="how many")
        parser.add_argument("--folder", help=f"where they live; default: {FOLDER} in BASE_DIR")
        parser.add_argument(
            "--server", default="", metavar="COMMAND", help="e.g. 'gunicorn mysite.wsgi --reload'"
        )

    def handle(self, *args: Any, action: str, node: str, folder: str | None, **options: Any) -> None:
        cluster = DevCluster(os.path.abspath(folder or self._default_folder()), auto_start.manage())
        os.chdir(auto_start.site_folder())  # where the app servers find the application
        try:
            if action in ("run", "up"):
                start_it = self._run if action == "run" else self._up
                start_it(cluster, options["nodes"], shlex.split(options["server"]))
            elif action == "down":
                cluster.down()
            elif action == "status":
                self._status(cluster)
            elif action == "start":
                cluster.start(cluster.node(node))
            elif action == "stop":
                cluster.node(node).stop()
            elif action == "kill":
                cluster.node(node).kill()
        except DevClusterError as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            sys.exit(130)

    def _default_folder(self) -> str:
        base = getattr(settings, "BASE_DIR", None)
        if base is None:
            raise CommandError("settings.BASE_DIR is not set: name a --folder.")
        return os.path.join(base, FOLDER)

    def _up(self, cluster: DevCluster, size: int, command: list[str]) -> None:
        if found := start.fuse_problems():
            raise CommandError("\n".join(found))
        cluster.up(size, command, self.stdout.write)
        for node in cluster.nodes:
            self.stdout.write(f"  {node.url}  {node.name}, log {cluster.log(node)}")

    def _run(self, cluster: DevCluster, size: int, command: list[str]) -> None:
        """Until Ctrl-C, which does not reach the nodes: each is in a session of its own."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            self._up(cluster, size, command)
            self.stdout.write(
                "Ctrl-C ends all of it. Meanwhile, elsewhere: litefs_devcluster status, stop n1, kill n1, start n1."
            )
            while True:
                signal.pause()
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            cluster.down()
            self.stdout.write("Ended; nothing is left.")

    def _status(self, cluster: DevCluster) -> None:
        if not cluster.nodes:
            raise CommandError("There is none: litefs_devcluster up.", returncode=1)
        for row in cluster.status():
            positions = ", ".join(f"{name} {at}" for name, at in (row.get("positions") or {}).items())
            role = row.get("role") or ("starting" if row["pid"] else "stopped")
            self.stdout.write(
                f"{row['name']}  {role:8}  {row['url']}  pid {row['pid'] or '-'}  {positions}".rstrip()
            )
