"""What a run of torture shows: a line for each episode, a table at the end, all of it as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from .episode import Episode

HEADER = (
    "fault", "seeds", "requests", "not executed", "unknown", "refused", "marked",
    "longest wait", "without a write", "healed in", "lost", "violations",
)  # fmt: skip


def line(episode: Episode) -> str:
    v = episode.verdict
    back = max(episode.back.values(), default=float("nan"))
    return (
        f"{episode.fault:22} seed {episode.seed}: {v.requests} requests, {v.not_executed} not executed, "
        f"{v.unknown} unknown, {v.refused} refused, {v.marked} marked, longest {v.longest:.1f} s, "
        f"no write for {episode.outage:.1f} s, back {back:.1f} s after healing, {len(v.lost)} lost, "
        f"{len(v.violations)} violations"
    )


def row(episodes: Sequence[Episode]) -> tuple[str, ...]:
    """All episodes of one fault: sums, and the worst of the times."""
    verdicts = [e.verdict for e in episodes]
    counts = [
        sum(getattr(v, name) for v in verdicts)
        for name in ("requests", "not_executed", "unknown", "refused", "marked")
    ]
    back = max((seconds for e in episodes for seconds in e.back.values()), default=float("nan"))
    return (
        episodes[0].fault, str(len(episodes)), *map(str, counts),
        f"{max(v.longest for v in verdicts):.1f} s", f"{max(e.outage for e in episodes):.1f} s", f"{back:.1f} s",
        str(sum(len(v.lost) for v in verdicts)), str(sum(len(v.violations) for v in verdicts)),
    )  # fmt: skip


def table(episodes: Sequence[Episode]) -> str:
    """Markdown, aligned."""
    names = list(dict.fromkeys(e.fault for e in episodes))
    rows = [HEADER, *(row([e for e in episodes if e.fault == name]) for name in names)]
    widths = [max(len(r[column]) for r in rows) for column in range(len(HEADER))]
    lines = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(r, widths, strict=True)) + " |" for r in rows]
    return "\n".join([lines[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *lines[1:]])


def save(path: Path, seed: int, episodes: Sequence[Episode]) -> None:
    found = [
        {
            "fault": e.fault,
            "seed": e.seed,
            **dataclasses.asdict(e.verdict),
            "violations": [str(v) for v in e.violations],
            "seconds_without_a_write": e.outage,
            "seconds_to_heal": e.back,
            "measured": e.measured,
        }
        for e in episodes
    ]
    path.write_text(json.dumps({"seed": seed, "episodes": found}, indent=1) + "\n")
