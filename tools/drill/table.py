"""What a drill shows: one line for each case, and whether all of them were right."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field

from tools.cluster import Node

OWN_LINE = re.compile(r"^\S+ (info|warning|error|critical) |^\[migrate\]")


@dataclass
class Table:
    title: str
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._say(f"\n{self.title}")

    def row(self, case: str, outcome: str, right: bool = True) -> None:
        if not right:
            self.wrong.append(case)
        self._say(f"  {'' if right else 'WRONG '}{case}: {outcome}")

    def show(self, node: Node, after: int) -> None:
        """What litefs-proxy said on this node beyond that many characters of its log."""
        text = node.log.read_text(errors="replace")[after:]
        for line in text.splitlines():
            if OWN_LINE.search(line):
                self._say(f"      {node.name} {line[:200]}")

    def _say(self, line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
