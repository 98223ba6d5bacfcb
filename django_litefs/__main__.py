"""python -m django_litefs COMMAND: the litefs_* commands without a manage.py. DJANGO_SETTINGS_MODULE names the site."""

from __future__ import annotations

import os
import sys

PREFIX = "litefs_"
USAGE = """\
usage: python -m django_litefs COMMAND [--settings MODULE] …
       COMMAND is one of {commands}; --help after it says more.
       The site is that of --settings, or of the environment variable DJANGO_SETTINGS_MODULE.
"""


def commands() -> list[str]:
    """Without their prefix."""
    folder = os.path.join(os.path.dirname(__file__), "management", "commands")
    names = sorted(os.path.splitext(name)[0] for name in os.listdir(folder))
    return [name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)]


def main(argv: list[str]) -> None:
    name = argv[1].removeprefix(PREFIX) if len(argv) > 1 else ""
    if name not in commands():
        sys.exit(USAGE.format(commands=", ".join(commands())))
    named = any(word.split("=")[0] == "--settings" for word in argv)
    if not named and not os.environ.get("DJANGO_SETTINGS_MODULE"):
        sys.exit(USAGE.format(commands=", ".join(commands())))
    sys.path.insert(0, os.getcwd())  # as manage.py's own folder is
    from django.core.management import execute_from_command_line

    execute_from_command_line([argv[0], PREFIX + name, *argv[2:]])


if __name__ == "__main__":
    main(sys.argv)
