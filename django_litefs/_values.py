"""Single values of the LITEFS settings: each kind's type and form, with errors that name the key and the fix."""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django_litefs import _core

if TYPE_CHECKING:
    from django_litefs.settings import Setting

TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


class InvalidValueError(ValueError):
    """The value of one setting has the wrong type or form."""


ANY_HOST = ("", "0.0.0.0", "::", "*")  # noqa: S104 (recognised, not used)


def is_public(host: str) -> bool:
    """Can anybody on the internet reach what listens there? A name is taken for a private one."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def split_address(text: str) -> tuple[str, int]:
    """('host', port) of 'host:port', ':port' or '[v6]:port'. Raises ValueError."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(text)
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(text)
    return host, int(port)


def convert(name: str, kind: str, value: Any) -> Any:
    """`value` checked and normalised for a setting of that kind. Raises InvalidValueError."""
    if kind.startswith("choice:"):
        return _choice(name, value, kind.removeprefix("choice:").split(","))
    return _CONVERTERS[kind](name, value)


def from_environment(row: Setting, text: str) -> Any:
    """The value of an environment variable: lists are comma-separated, dicts are JSON."""
    name, kind = row.environment, row.kind
    if kind == "bool":
        if text.lower() in TRUE + FALSE:
            return text.lower() in TRUE
        raise InvalidValueError(f"{name}={text!r}: write true or false.")
    if kind == "int":
        if not text.isdigit():
            raise InvalidValueError(f"{name}={text!r}: write a whole number.")
        return convert(name, kind, int(text))
    if kind in ("list", "files", "str or list"):
        return convert(name, kind, [part.strip() for part in text.split(",") if part.strip()])
    if kind in ("dict", "dicts") or (kind == "str or dict" and text.lstrip().startswith("{")):
        try:
            return convert(name, kind, json.loads(text))
        except json.JSONDecodeError as error:
            raise InvalidValueError(f"{name}: not JSON ({error}).") from None
    return convert(name, kind, text)


def _wrong(name: str, expected: str, value: Any) -> InvalidValueError:
    return InvalidValueError(f"{name} must be {expected}, not {type(value).__name__} {value!r}.")


def _bool(name: str, value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise _wrong(name, "True or False", value)


def _int(name: str, value: Any) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    raise _wrong(name, "a whole number above 0", value)


def _str(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(name, "a string", value)
    if any(ord(c) < 32 for c in value):
        raise InvalidValueError(f"{name} contains a control character.")
    return value


def _path(name: str, value: Any) -> str:
    text = _str(name, os.fspath(value) if isinstance(value, os.PathLike) else value)
    if not os.path.isabs(text):
        raise InvalidValueError(f"{name} {text!r} must be an absolute path.")
    return os.path.normpath(text)


def _file(name: str, value: Any) -> str:
    text = _str(name, value)
    if not text or "/" in text or text.startswith(".") or text == "default":
        raise InvalidValueError(
            f"{name} {text!r} must be a plain file name such as 'db.sqlite3'; the mount has no folders."
        )
    return text


def _address(name: str, value: Any) -> str:
    text = _str(name, value)
    try:
        if text:
            split_address(text)
    except ValueError:
        raise InvalidValueError(f"{name} {text!r} is no address: write 'host:port' or ':port'.") from None
    return text


def _url(name: str, value: Any) -> str:
    text = _str(name, value)
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise InvalidValueError(f"{name} {text!r} is no URL: write 'http://host:port'.")
    return text


def _duration(name: str, value: Any) -> str:
    text = _str(name, value) if not isinstance(value, int) else str(value)
    try:
        if text:
            _core.parse_duration(text)
    except ValueError:
        raise InvalidValueError(
            f"{name} {value!r} is no duration: write a number and a unit, such as '10s' or '1m30s'."
        ) from None
    return text


def _list(name: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, list | tuple):
        raise _wrong(name, "a list of strings", value)
    return tuple(_str(name, item) for item in value)


def _str_or_list(name: str, value: Any) -> str | tuple[str, ...]:
    return value if isinstance(value, str) else _list(name, value)


def _dict(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise _wrong(name, "a dict", value)
    return dict(value)


def _dicts(name: str, value: Any) -> tuple[dict[str, Any], ...]:
    if not isinstance(value, list | tuple):
        raise _wrong(name, "a list of dicts", value)
    return tuple(_dict(name, item) for item in value)


def _str_or_dict(name: str, value: Any) -> str | dict[str, Any]:
    return value if isinstance(value, str) else _dict(name, value)


def _choice(name: str, value: Any, choices: list[str]) -> str:
    if value not in choices:
        raise InvalidValueError(f"{name} {value!r} must be one of {', '.join(choices)}.")
    return str(value)


_CONVERTERS: dict[str, Callable[[str, Any], Any]] = {
    "bool": _bool,
    "int": _int,
    "str": _str,
    "path": _path,
    "path or empty": lambda name, value: _path(name, value) if value else "",
    "file": _file,
    "files": lambda name, value: tuple(_file(name, item) for item in _list(name, value)),
    "address": _address,
    "url": _url,
    "duration": _duration,
    "list": _list,
    "str or list": _str_or_list,
    "dict": _dict,
    "str or dict": _str_or_dict,
    "dicts": _dicts,
}
