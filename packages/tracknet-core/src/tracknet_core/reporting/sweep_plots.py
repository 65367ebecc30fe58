"""What thresholds give, as PNG."""

import json
from pathlib import Path

from matplotlib.axes import Axes

from tracknet_core.atomic import replace_file
from tracknet_core.config.problems import UserError
from tracknet_core.evaluation.sweep import SWEEP_FILE, Sweep
from tracknet_core.reporting.canvas import as_png, new_axes

SWEEPS = ("Precision against recall", "Threshold")
"""What the pictures show, in the order in which they are written."""


def write_sweep_plots(sweep: Sweep, directory: Path, *, suffix: str = "") -> tuple[Path, ...]:
    """Draw precision against recall, and the ratios over the threshold.

    Args:
        sweep: What to draw.
        directory: Where to write; it is made if need be.
        suffix: What the files' names end in, before ``.png``.

    Returns:
        The files.
    """
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, draw in (("precision_recall", draw_precision_recall), ("thresholds", draw_thresholds)):
        file = directory / f"{name}{suffix}.png"
        with replace_file(file) as temporary:
            temporary.write_bytes(draw(sweep))
        written.append(file)
    return tuple(written)


def read_sweep(run: Path) -> Sweep | None:
    """Read the sweep of a finished run; None where it has none.

    Raises:
        UserError: The file is damaged.
    """
    file = run / SWEEP_FILE
    if not file.is_file():
        return None
    try:
        return Sweep.from_json(json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{file}: is damaged ({error!r}). Delete it, or restore it.") from None


def draw_precision_recall(sweep: Sweep) -> bytes:
    """Draw precision against recall over all thresholds, the used and the best marked."""
    figure, axes = new_axes()
    for points, label in ((sweep.detections, "best detections"), (sweep.tracked, "track")):
        shown = [point.counts for point in points if point.counts.predicted]
        if shown:
            recall, precision = [each.recall for each in shown], [each.precision for each in shown]
            axes.plot(recall, precision, label=label, linewidth=1.5)
    for point, label, mark in ((sweep.used, "used", "o"), (sweep.best, "best here", "*")):
        if point:
            axes.plot([point.counts.recall], [point.counts.precision], mark, label=label, markersize=8)
    axes.set_title("Precision and recall at every threshold")
    axes.set_xlabel("recall, TP / (TP + FN)")
    axes.set_ylabel("precision")
    _unit(axes)
    return as_png(figure, legend=4)


def draw_thresholds(sweep: Sweep) -> bytes:
    """Draw F1, precision and recall over the threshold: of the track, or else of the detections."""
    figure, axes = new_axes()
    points = sweep.tracked or sweep.detections
    thresholds = [point.threshold for point in points]
    for name in ("f1", "precision", "recall"):
        axes.plot(thresholds, [getattr(point.counts, name) for point in points], label=name, linewidth=1.5)
    if sweep.tracked and sweep.detections:
        f1 = [point.counts.f1 for point in sweep.detections]
        label = "f1 without tracking"
        axes.plot([point.threshold for point in sweep.detections], f1, "--", label=label, linewidth=1)
    if sweep.threshold is not None:
        axes.axvline(sweep.threshold, color="black", linewidth=1, label="used")
    axes.set_title("Threshold of the track" if sweep.tracked else "Threshold of the best detections")
    axes.set_xlabel("threshold")
    _unit(axes)
    return as_png(figure, legend=5)


def _unit(axes: Axes) -> None:
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
