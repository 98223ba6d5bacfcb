"""Rows of figures beside their goals: a table to read, and JSON to keep."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import time
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Goal:
    must: float
    stretch: float | None = None
    of: str = "ratio"  # or "ours": judged by itself
    at_least: bool = False  # more is better


@dataclass(frozen=True)
class Row:
    """One line: `stock` and `ours` in `unit`."""

    what: str
    unit: str
    stock: float | None
    ours: float
    ratio: float | None
    goal: Goal | None = None

    def met(self, bound: float | None) -> bool | None:
        if self.goal is None or bound is None:
            return None
        value = self.ratio if self.goal.of == "ratio" else self.ours
        if value is None:
            return False
        return value >= bound if self.goal.at_least else value <= bound

    @property
    def must(self) -> bool | None:
        return self.met(self.goal.must) if self.goal else None

    @property
    def stretch(self) -> bool | None:
        return self.met(self.goal.stretch) if self.goal else None

    def cells(self) -> list[str]:
        def verdict(bound: float | None) -> str:
            met = self.met(bound)
            if met is None or self.goal is None:
                return ""
            suffix = " x" if self.goal.of == "ratio" else f" {self.unit}"
            return f"{bound:g}{suffix} {'yes' if met else 'NO'}"

        bounds = (self.goal.must, self.goal.stretch) if self.goal else (None, None)

        stock = "" if self.stock is None else f"{self.stock:.3g} {self.unit}"
        ratio = "" if self.ratio is None else f"{self.ratio:.3g}"
        return [self.what, stock, f"{self.ours:.3g} {self.unit}", ratio, *map(verdict, bounds)]


def table(rows: list[Row], columns: tuple[str, str] = ("Django's sqlite3", "ours")) -> str:
    """As Markdown."""
    header = ["what", *columns, "ratio", "must", "stretch"]
    lines = [header, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |"
        for line in lines
    )


def save(name: str, rows: list[Row], method: dict[str, Any], raw: object) -> Path:
    """The file it went to."""
    RESULTS.mkdir(exist_ok=True)
    now = time.strftime("%Y-%m-%dT%H%M%S")
    path = RESULTS / f"{now}-{name}.json"
    content = {
        "date": now,
        "machine": machine(),
        "versions": versions(),
        "method": method,
        "rows": [asdict(row) | {"must": row.must, "stretch": row.stretch} for row in rows],
        "raw": raw,
    }
    path.write_text(json.dumps(content, indent=1))
    return path


def machine() -> dict[str, Any]:
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "cpus": os.cpu_count(),
        "model": models[0] if models else platform.machine(),
        "kernel": platform.release(),
        "load": os.getloadavg(),
    }


def versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "django": metadata.version("django"),
        "django-litefs": metadata.version("django-litefs"),
    }
