"""dbshell, on the file that the ENGINE uses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.backends.sqlite3 import client

from django_litefs.conf import effective
from django_litefs.db.backends.litefs.names import database_file


class DatabaseClient(client.DatabaseClient):
    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], None]:
        path = database_file(settings_dict["NAME"], "default", effective())
        return super().settings_to_cmd_args_env({**settings_dict, "NAME": path}, parameters)
