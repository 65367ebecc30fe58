"""Metrics as a table for people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tracknet_core.cli.tables import drawn
from tracknet_core.wording import counted

if TYPE_CHECKING:
    from tracknet_core.evaluation.counts import Counts
    from tracknet_core.evaluation.metrics import Metrics

COUNTS = ("tp", "tn", "fp1", "fp2", "fn")
FIGURES = ("f1", "precision", "recall", "accuracy", "pck", "ap", "ap_wasb", "rmse_px")


def metrics_table(metrics: "Sequence[Metrics]") -> str:
    """Lay metrics of the same clips out: one column a protocol, 95 % intervals below the figures."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD)
    table.add_column(f"{metrics[0].split}, {counted(metrics[0].clips, 'clip')}, {metrics[0].frames} frames")
    for measured in metrics:
        table.add_column(measured.protocol.name, justify="right")
    for name in FIGURES:
        table.add_row(name, *(_figure(getattr(measured, name)) for measured in metrics))
        if any(name in measured.intervals for measured in metrics):
            table.add_row("  95 %", *(_interval(measured.intervals.get(name)) for measured in metrics))
    table.add_section()
    for name in COUNTS:
        table.add_row(name, *(str(getattr(measured, name)) for measured in metrics))
    for title, parts in (
        ("visibility {}", [measured.by_visibility for measured in metrics]),
        ("speed {} %", [measured.by_speed for measured in metrics]),
        ("diameter {} %", [measured.by_size for measured in metrics]),
    ):
        table.add_section()
        for row in _parts(title, parts):
            table.add_row(*row)
    return f"{drawn(table)}\n{_circumstances(metrics[0])}"


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"


def _interval(ends: tuple[float, float] | None) -> str:
    return "none" if ends is None else f"{ends[0]:.3f}–{ends[1]:.3f}"


def _parts(title: str, parts: "Sequence[Mapping[Any, Counts]]") -> Iterator[list[str]]:
    """Rows of the accuracy by part; how many frames a part has where all protocols agree."""
    for label in {label: None for part in parts for label in part}:
        frames = {part[label].frames if label in part else 0 for part in parts}
        count = f" ({frames.pop()})" if len(frames) == 1 else ""
        name = title.format(label).replace("unknown %", "unknown")
        yield [
            f"accuracy, {name}{count}",
            *(_figure(part[label].accuracy if label in part else None) for part in parts),
        ]


def _circumstances(measured: "Metrics") -> str:
    """How the numbers came about."""
    lines = [_settings(measured)]
    if measured.by_speed or measured.by_size:
        lines.append(
            "speed and diameter of visible balls in percent of the picture's diagonal, speed a frame"
        )
    if not measured.intervals:
        lines.append(
            f"no 95 % intervals: {counted(measured.clips, 'clip')} cannot tell how others would differ"
        )
    return "\n".join(lines)


def _settings(measured: "Metrics") -> str:
    if measured.threshold is None or measured.tracking is None:
        return "measured as the files have it"
    tracking = measured.tracking
    gaps = "all gaps" if tracking.fill == "all" else "gaps"
    gap = (
        f"tracked, {gaps} of up to {tracking.max_gap} frames filled"
        if tracking.enabled
        else "without tracking"
    )
    return f"threshold {measured.threshold:.3f}, {gap}"
