"""Two runs compared, as tables for people."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tracknet_core.cli.tables import drawn
from tracknet_core.wording import counted

if TYPE_CHECKING:
    from tracknet_core.evaluation.comparison import Comparison

SHOWN_CLIPS = 10


def comparison_text(comparison: "Comparison", names: tuple[str, str]) -> str:
    """Lay a comparison out: figures with their differences, the clips that differ most, the verdict."""
    return "\n".join(
        [
            f"first: {names[0]}",
            f"second: {names[1]}",
            _figures(comparison),
            *_clips(comparison),
            comparison.verdict(names),
        ]
    )


def _figures(comparison: "Comparison") -> str:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    metrics = comparison.first
    table = Table(box=SIMPLE_HEAD)
    clips = counted(metrics.clips, "clip")
    table.add_column(f"{metrics.protocol.name}: {metrics.split}, {clips}, {metrics.frames} frames")
    for name in ("first", "second", "difference", "95 %"):
        table.add_column(name, justify="right")
    for name, each in comparison.differences.items():
        ends = f"{each.interval[0]:+.4f} to {each.interval[1]:+.4f}" if each.interval else "none"
        table.add_row(name, _number(each.first), _number(each.second), _number(each.value, "+"), ends)
    return drawn(table)


def _clips(comparison: "Comparison") -> Sequence[str]:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    apart = [clip for clip in comparison.clips if clip.first != clip.second]
    if not apart:
        return ["every clip was judged alike"]
    table = Table(box=SIMPLE_HEAD)
    table.add_column("clips that differ most", overflow="fold")
    for name in ("frames", "first\nf1", "second\nf1", "\ndifference", "first\naccuracy", "second\naccuracy"):
        table.add_column(name, justify="right")
    for clip in apart[:SHOWN_CLIPS]:
        table.add_row(
            clip.clip,
            str(clip.first.frames),
            _number(clip.first.f1),
            _number(clip.second.f1),
            _number(clip.second.f1 - clip.first.f1, "+"),
            _number(clip.first.accuracy),
            _number(clip.second.accuracy),
        )
    return [drawn(table)]


def _number(value: float | None, sign: str = "") -> str:
    return "none" if value is None else f"{value:{sign}.4f}"
