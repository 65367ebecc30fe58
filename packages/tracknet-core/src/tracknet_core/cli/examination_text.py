"""An examination of labelled data as text for people."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from tracknet_core.cli.tables import drawn
from tracknet_core.wording import counted

if TYPE_CHECKING:
    from tracknet_core.data.doctor.counts import Counts
    from tracknet_core.data.doctor.examine import Examination
    from tracknet_core.data.doctor.findings import Finding

WIDTH = 110
"""Columns of the terminal that the tables are for."""

SHOWN = 20
"""Findings of each kind that are written out; the rest is counted."""


def text_of(found: "Examination") -> str:
    """Lay out counts by side and by game, classes of speed, and the findings of each kind."""
    from tracknet_core.data.doctor.counts import count, count_by

    clips = found.clips
    by_side = count_by(clips, [found.sides.get(clip.name) for clip in clips])
    everything = count(clips)
    sides = [*(side for side in ("train", "val", "test") if side in by_side), "all"]
    parts = [
        _table("side", {side: by_side.get(side, everything) for side in sides}),
        _table("game", count_by(clips, [clip.game for clip in clips])),
        _circumstances(found, everything),
        *found.notes,
        _findings(found.findings),
    ]
    return "\n".join(part for part in parts if part)


def _table(name: str, rows: "Mapping[str, Counts]") -> str:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD)
    table.add_column(name)
    for column in ("games", "clips", "frames", "0 none", "1 clear", "2 hard", "3 occl.", "px a frame"):
        table.add_column(column, justify="right")
    for label, counts in rows.items():
        numbers = counts.games, counts.clips, counts.frames, *counts.by_visibility
        table.add_row(label, *map(str, numbers), _speed(counts))
    return drawn(table, WIDTH)


def _speed(counts: "Counts") -> str:
    """Median, 90 % and largest."""
    if not counts.speed:
        return "–"
    _, median, most, largest = counts.speed
    return f"{median:.1f} · {most:.1f} · {largest:.1f}"


def _circumstances(found: "Examination", counts: "Counts") -> str:
    from tracknet_core.data.doctor.counts import SPEED_BINS

    sizes = ", ".join(f"{width}×{height} px" for width, height in sorted(counts.sizes))
    rates = ", ".join(sorted("unknown" if fps is None else f"{fps:g}" for fps in counts.fps))
    lines = [
        f"{' and '.join(found.formats)}; {sizes or 'no pictures'}; frames a second: {rates or 'unknown'}",
        f"{counts.without_ball:.1%} of frames without a visible ball; {found.looked_at} pictures looked at",
        "px a frame is the ball's speed: median, 90 % of frames, largest",
    ]
    if counts.speed:
        ends = [*(f"{edge:g}" for edge in SPEED_BINS[1:]), ""]
        classes = [
            f"{low:g}–{high}" if high else f"≥ {low:g}" for low, high in zip(SPEED_BINS, ends, strict=True)
        ]
        shown = zip(classes, counts.speed_histogram, strict=True)
        lines.append("frames by speed: " + ", ".join(f"{name}: {frames}" for name, frames in shown if frames))
        _, median, most, largest = (f"{share:.2%}" for share in counts.speed_in_diagonals)
        lines.append(f"of the picture's diagonal a frame: {median} · {most} · {largest}")
    return "\n".join(lines)


def _findings(findings: "Sequence[Finding]") -> str:
    from tracknet_core.data.doctor.findings import MEANINGS

    if not findings:
        return "nothing looks wrong"
    lines = []
    for kind, group in groupby(findings, key=lambda found: found.kind):
        of_kind = list(group)
        lines.append(f"\n{kind.value} ({len(of_kind)}): {MEANINGS[kind]}")
        lines += [f"  {found}" for found in of_kind[:SHOWN]]
        if len(of_kind) > SHOWN:
            lines.append(f"  … and {len(of_kind) - SHOWN} more; --json or --output lists all")
    errors = sum(found.severity.value == "error" for found in findings)
    lines.append(f"\n{counted(errors, 'error')}, {counted(len(findings) - errors, 'warning')}")
    return "\n".join(lines)
