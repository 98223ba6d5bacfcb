"""litefs_doctor's checks: each looks at one thing and says what it found and, if it is wrong, the fix."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

GOOD, WARNING, PROBLEM, UNKNOWN = "good", "warning", "problem", "unknown"
HIDDEN = "***"
TOKEN = re.compile(r"(?i)((?:token|secret|password|key)=)[^&\s]+")


@dataclass(frozen=True)
class Finding:
    check: str
    state: str
    what: str
    fix: str = ""


Check = Callable[..., Iterator[Finding]]


def good(check: str, what: str) -> Finding:
    return Finding(check, GOOD, what)


def warning(check: str, what: str, fix: str) -> Finding:
    return Finding(check, WARNING, what, fix)


def problem(check: str, what: str, fix: str) -> Finding:
    return Finding(check, PROBLEM, what, fix)


def unknown(check: str, what: str, fix: str) -> Finding:
    return Finding(check, UNKNOWN, what, fix)


def exit_code(found: list[Finding]) -> int:
    """0 good (warnings included), 1 problems, 2 none, but not all could be told."""
    states = {finding.state for finding in found}
    return 1 if PROBLEM in states else 2 if UNKNOWN in states else 0


def redacted(url: str) -> str:
    """Without user, password and tokens."""
    parts = urlsplit(url)
    netloc = parts.netloc.rpartition("@")[2]
    if netloc != parts.netloc:
        netloc = f"{HIDDEN}@{netloc}"
    return urlunsplit(parts._replace(netloc=netloc, query=TOKEN.sub(rf"\1{HIDDEN}", parts.query)))
