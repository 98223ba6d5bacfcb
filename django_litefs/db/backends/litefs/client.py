"""dbshell, on the file that the ENGINE uses."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from django.db.backends.sqlite3 import client

from django_litefs.conf import effective, this_node
from django_litefs.db.backends.litefs.names import database_file


class DatabaseClient(client.DatabaseClient):
    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], None]:
        node = this_node()
        if node is not None and not node.facts().writable:
            sys.stderr.write(
                "This node is a replica: nothing can be written here, and while a SELECT or transaction is open "
                "the replica receives nothing.\n"
            )
        path = database_file(settings_dict["NAME"], "default", effective())
        return super().settings_to_cmd_args_env({**settings_dict, "NAME": path}, parameters)
