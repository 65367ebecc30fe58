"""The curves of a run as PNG."""

from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from tracknet_core.atomic import replace_file
from tracknet_core.reporting.canvas import as_png, new_axes
from tracknet_core.reporting.history import Series, read_history

FOLDER = "curves"


@frozen(kw_only=True)
class Panel:
    """One picture of curves.

    Attributes:
        name: Its file's name, without suffix.
        title: What it shows.
        columns: Columns of ``history.csv`` by the label they get; those never measured are left out.
        unit: Label of the vertical axis.
        share: Whether all values lie between 0 and 1.
    """

    name: str
    title: str
    columns: Mapping[str, str]
    unit: str = ""
    share: bool = False


PANELS = (
    Panel(name="loss", title="Loss", columns={"training": "loss", "validation": "val_loss"}),
    Panel(
        name="validation",
        title="Validation",
        columns={"F1": "f1", "precision": "precision", "recall": "recall", "average precision": "ap"},
        share=True,
    ),
    Panel(name="distance", title="Localization error (RMSE)", columns={"validation": "rmse_px"}, unit="px"),
    Panel(name="lr", title="Learning rate", columns={"new parts": "lr"}),
    Panel(name="speed", title="Training speed", columns={"training": "frames_per_second"}, unit="frames/s"),
)


def write_curves(run: Path) -> tuple[tuple[str, Path], ...]:
    """Draw ``RUN/curves/*.png`` from ``history.csv``.

    Returns:
        Title and file of every panel of which anything was measured, in the order of ``PANELS``.
    """
    history = read_history(run)
    written = []
    for panel in PANELS:
        curves = {label: history[column] for label, column in panel.columns.items() if history.get(column)}
        if curves:
            file = run / FOLDER / f"{panel.name}.png"
            file.parent.mkdir(exist_ok=True)
            with replace_file(file) as temporary:
                temporary.write_bytes(draw(panel, curves))
            written.append((panel.title, file))
    return tuple(written)


def draw(panel: Panel, curves: Mapping[str, Series]) -> bytes:
    """Draw labelled curves over the optimizer steps and return them as PNG."""
    figure, axes = new_axes()
    for label, series in curves.items():
        mark = "o" if len(series) < 50 else None
        axes.plot(series.steps, series.values, label=label, linewidth=1.5, marker=mark, markersize=3)
    axes.set_title(panel.title)
    axes.set_xlabel("optimizer step")
    axes.set_ylabel(panel.unit)
    if panel.share:
        axes.set_ylim(-0.02, 1.02)
    return as_png(figure, legend=len(curves) if len(curves) > 1 else 0)
