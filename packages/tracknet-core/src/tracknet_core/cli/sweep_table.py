"""What every threshold would have given, as a table for people."""

from typing import TYPE_CHECKING

from tracknet_core.cli.tables import drawn

if TYPE_CHECKING:
    from tracknet_core.evaluation.sweep import Point, Sweep

RATIOS = ("f1", "precision", "recall")


def sweep_table(sweep: "Sweep", title: str) -> str:
    """Lay a sweep out, a row a threshold: the track where it was measured, and the best detections."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from tracknet_core.evaluation.sweep import GRID

    table = Table(box=SIMPLE_HEAD)
    table.add_column(f"threshold, {title}")
    for kind in ("track", "detections") if sweep.tracked else ("detections",):
        for name in RATIOS:
            table.add_column(f"{kind}\n{name}", justify="right")
    table.add_column("")
    tracked = {point.threshold: point for point in sweep.tracked}
    used = set() if sweep.threshold is None else {sweep.threshold}
    for threshold in sorted({*GRID, *used}):
        cells = [_ratios(tracked.get(threshold))] if tracked else []
        cells.append(_ratios(sweep.detections_at(threshold)))
        mark = "used" if threshold in used else ""
        if sweep.tracked and sweep.best and threshold == sweep.best.threshold:
            mark = f"{mark}, best here".lstrip(", ")
        table.add_row(f"{threshold:.3f}", *(cell for part in cells for cell in part), mark)
    return f"{drawn(table)}\n{_advice(sweep)}"


def _ratios(point: "Point | None") -> list[str]:
    if point is None:
        return ["–"] * len(RATIOS)
    return [f"{getattr(point.counts, name):.4f}" for name in RATIOS]


def _advice(sweep: "Sweep") -> str:
    best = sweep.best
    if best is None:
        return "nothing was detected"
    return (
        f"best on these clips: {best.threshold:.3f}, with F1 {best.counts.f1:.4f}. "
        "Do not report it for the clips it was chosen on:\n"
        "that makes it too good. Choose on validation, as evaluation.threshold=auto does."
    )
