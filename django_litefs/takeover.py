"""An existing litefs.yml, with its `proxy:` section and variables, as the LITEFS settings that mean the same."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from django_litefs._litefs_keys import SETTING, walk

# As LiteFS expands them: $NAME, ${NAME}, and ${A == B} with a name or a quoted text on the right.
VARIABLE = re.compile(r"\$(?:(\w+)|\{([^}]*)\})")
COMPARISON = re.compile(r"""^(\w+)\s*(==|!=)\s*(?:'(.*)'|"(.*)"|(\w+))$""")

OWN_TIMEOUTS = "litefs-proxy has time-outs of its own, see docs/configuration.md"
NO_NEED = {  # key of LiteFS -> why it is not taken over
    "lease.type": "",  # follows from the settings
    "skip-sync": "litefs_start waits for the role of this node by itself",
    "exit-on-error": "litefs_start supervises LiteFS, which therefore has to exit",
    "proxy.debug": "litefs-proxy logs each request at any level",
    "proxy.read-timeout": OWN_TIMEOUTS,
    "proxy.read-header-timeout": OWN_TIMEOUTS,
    "proxy.write-timeout": OWN_TIMEOUTS,
    "proxy.idle-timeout": OWN_TIMEOUTS,
}
ANY_INTERFACE = re.compile(r"^(|0\.0\.0\.0|\[::\]):")


class UnreadableError(Exception):
    """The file is no configuration of LiteFS."""


@dataclass
class Takeover:
    """`settings` holds the file's own texts, variables not expanded; `notes` what is different, a sentence each."""

    settings: dict[str, Any] = field(default_factory=dict)
    command: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def source(self) -> str:
        """Python for settings.py."""
        lines = [f"    {key!r}: {_python(value)}," for key, value in self.settings.items()]
        text = "\n".join(["LITEFS = {", *lines, "}"])
        return f"import os\n\n{text}\n" if "os.environ" in text else f"{text}\n"


def read(text: str) -> Takeover:
    """Raises UnreadableError."""
    try:
        given = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UnreadableError(f"no YAML: {error}") from None
    if not isinstance(given, Mapping):
        raise UnreadableError("no configuration of LiteFS: it has no keys.")
    found = Takeover()
    for path, kind, value in walk(given):
        _take(found, ".".join(path), path, kind, value)
    _lease(found, given)
    return found


def _take(found: Takeover, dotted: str, path: tuple[str, ...], kind: Any, value: Any) -> None:
    if kind == "duration" and isinstance(value, int):
        value = f"{value}ns"
    if kind is None or isinstance(kind, Mapping):
        found.notes.append(f"{dotted}: LiteFS has no such key.")
    elif dotted == "exec":
        _exec(found, value)
    elif dotted in NO_NEED:
        if NO_NEED[dotted]:
            found.notes.append(f"{dotted}: not taken over; {NO_NEED[dotted]}.")
    elif dotted == "http.addr" and ANY_INTERFACE.match(str(value)):
        found.notes.append(
            f"http.addr {value!r}: not taken over; it opens LiteFS's API, which has no password, on all interfaces. "
            "HTTP_ADDR defaults to the address in ADVERTISE_URL."
        )
    elif dotted == "log.debug":
        found.settings["LOG_LEVEL"] = "debug" if value is True else "info"
    elif setting := SETTING.get(dotted):
        found.settings[setting] = value
    else:
        section = found.settings.setdefault("EXTRA", {})
        for key in path[:-1]:
            section = section.setdefault(key, {})
        section[path[-1]] = value


def _exec(found: Takeover, value: Any) -> None:
    """The last command is the app server; what comes before it is a step."""
    entries = [{"cmd": value}] if isinstance(value, str) else value if isinstance(value, list) else []
    commands = [str(entry.get("cmd", "")) for entry in entries if isinstance(entry, Mapping)]
    for command in commands[:-1]:
        if "migrate" in command:
            found.notes.append(f"exec {command!r}: not needed; litefs_start migrates, on the primary.")
        else:
            found.notes.append(f"exec {command!r}: not taken over; run it in your server's start script.")
    found.command = shlex.split(commands[-1]) if commands else []


def _lease(found: Takeover, given: Mapping[str, Any]) -> None:
    lease = given.get("lease")
    kind = lease.get("type") if isinstance(lease, Mapping) else None
    if kind == "static":
        for key in [key for key in found.settings if key.startswith("CONSUL_")]:
            del found.settings[key]
        primary = {
            "hostname": found.settings.pop("HOSTNAME", ""),
            "url": found.settings.pop("ADVERTISE_URL", ""),
        }
        candidate = found.settings.pop("CANDIDATE", True)
        found.settings.pop("PROMOTE", None)
        found.settings["STATIC_PRIMARY"] = primary
        if candidate is True:
            found.settings["HOSTNAME"] = primary["hostname"]
        else:
            found.notes.append(
                "lease.candidate: the node whose HOSTNAME is STATIC_PRIMARY's is the primary; every other node needs a "
                "HOSTNAME of its own (the machine's by default)."
            )
    elif kind != "consul":
        found.notes.append(f"lease.type {kind!r}: LiteFS knows 'consul' and 'static' only.")


def _python(value: Any) -> str:
    """Source of a value, with os.environ where the file has variables."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {_python(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_python, value)) + "]"
    if not isinstance(value, str) or not VARIABLE.search(value):
        return repr(value)
    whole = VARIABLE.fullmatch(value)
    if whole is not None:
        return _expression(whole)
    literal = re.split(VARIABLE, value)[::3]  # the texts between the variables
    places = [f"{{{_expression(m, quote=chr(39))}}}" for m in VARIABLE.finditer(value)]
    pieces = [text.replace("{", "{{").replace("}", "}}") for text in literal]
    text = "".join(a + b for a, b in zip(pieces, [*places, ""], strict=True))
    return 'f"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _expression(found: re.Match[str], quote: str = '"') -> str:
    name = (found[1] or found[2] or "").strip()
    compared = COMPARISON.match(name)
    if compared is None:
        return _get(name, quote)
    single, double, other = compared[3], compared[4], compared[5]
    right = _get(other, quote) if other else repr(single if single is not None else double)
    return f"{_get(compared[1], quote)} {compared[2]} {right}"


def _get(name: str, quote: str) -> str:
    return f"os.environ.get({quote}{name}{quote}, {quote}{quote})"
