"""Metrics as a table for people."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracknet_core.evaluation.metrics import Metrics

COUNTS = ("tp", "tn", "fp1", "fp2", "fn")
FIGURES = ("f1", "precision", "recall", "accuracy", "pck", "ap", "ap_wasb", "rmse_px")


def metrics_table(metrics: "Sequence[Metrics]") -> str:
    """Lay metrics of the same clips out: one column a protocol, and visibility classes below."""
    from io import StringIO

    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD)
    table.add_column(f"{metrics[0].split}, {metrics[0].frames} frames")
    for measured in metrics:
        table.add_column(measured.protocol.name, justify="right")
    for name in FIGURES:
        table.add_row(name, *(_figure(getattr(measured, name)) for measured in metrics))
    table.add_section()
    for name in COUNTS:
        table.add_row(name, *(str(getattr(measured, name)) for measured in metrics))
    table.add_section()
    for label in metrics[0].by_visibility:
        table.add_row(
            f"accuracy, visibility {label} ({metrics[0].by_visibility[label].frames})",
            *(_figure(measured.by_visibility[label].accuracy) for measured in metrics),
        )
    text = StringIO()
    Console(file=text, width=100).print(table)
    return f"{text.getvalue().strip(chr(10))}\n{_circumstances(metrics[0])}"


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"


def _circumstances(measured: "Metrics") -> str:
    """How the numbers came about, in a line."""
    if measured.threshold is None or measured.tracking is None:
        return "measured as the files have it"
    tracking = measured.tracking
    gap = (
        f"tracked, gaps of up to {tracking.max_gap} frames filled" if tracking.enabled else "without tracking"
    )
    return f"threshold {measured.threshold:.3f}, {gap}"
