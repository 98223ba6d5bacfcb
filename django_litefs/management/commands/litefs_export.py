"""manage.py litefs_export FILE|-: one consistent, checked copy of a database, from any node, while the site runs."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from django_litefs import copying, progress
from django_litefs.conf import effective, this_node

STDOUT = "-"


class Command(BaseCommand):
    help = (
        "Writes a checked copy of a database to FILE (or - for standard output); the site runs on meanwhile."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="- for standard output")
        parser.add_argument("--database", default="", help="its file on the mount (default DATABASE_NAME)")

    def handle(self, *args: Any, file: str, database: str, **options: Any) -> None:
        try:
            name = database or effective().database_name
            if file == STDOUT:
                with tempfile.TemporaryDirectory(prefix="litefs-export-") as folder:
                    path = os.path.join(folder, "copy.sqlite3")
                    said = export(name, path, sys.stderr)
                    with open(path, "rb") as copy:
                        shutil.copyfileobj(copy, sys.stdout.buffer)
                    sys.stdout.buffer.flush()
            else:
                said = export(name, file, sys.stderr)
        except (copying.CopyError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{error.filename or file}: {error.strerror}") from None
        self.stderr.write(said)


def export(database: str, file: str, shown: Any) -> str:
    """Replaces `file` at once by the finished copy; what was done, in words. Raises CopyError and OSError."""
    node = this_node()
    temporary = copying.temporary_beside(file)
    try:
        with progress.shown(f"copying {database}", shown) as tell:
            if node is not None:
                copied = copying.copy_from_node(node, database, temporary, tell)
            else:
                copied = copying.copy_plain(
                    os.path.join(effective().database_folder, database), temporary, tell
                )
        copying.use_journal(temporary, "delete")
        copying.check(temporary)
        rows = copying.count_rows(temporary)
        copying.sync(temporary)
        os.replace(temporary, file)
        copying.sync(file)
    finally:
        for left in (temporary, f"{temporary}-journal", f"{temporary}-wal", f"{temporary}-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(left)
    at = f" at position {copied.position}" if copied.position else ""
    held = f"; replication stood still for {copied.held_s * 1000:.0f} ms" if copied.held_s else ""
    return f"exported {database}{at}: {len(rows)} tables, {sum(rows.values())} rows, checked{held}"
