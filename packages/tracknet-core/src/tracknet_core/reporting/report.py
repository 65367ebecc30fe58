"""``RUN/report.html``: what a run came to, in one file that needs no other."""

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from tracknet_core.atomic import replace_file
from tracknet_core.config.problems import UserError
from tracknet_core.reporting.comparison import shown
from tracknet_core.reporting.curves import FOLDER as CURVES
from tracknet_core.reporting.curves import write_curves
from tracknet_core.reporting.examples import Examples, read_examples
from tracknet_core.reporting.pages import number, template
from tracknet_core.reporting.sweep_plots import SWEEPS, read_sweep, write_sweep_plots
from tracknet_core.training.compare.comparison import read_comparison

FILE_NAME = "report.html"

Json = Mapping[str, Any]

FIGURES = (
    ("F1", "f1", "2 TP / (2 TP + FP1 + FP2 + FN)"),
    ("Precision", "precision", "TP / (TP + FP1 + FP2)"),
    ("Recall", "recall", "TP / (TP + FN)"),
    ("Accuracy", "accuracy", "(TP + TN) / all frames"),
    ("Average precision", "ap", "every labelled ball in the denominator"),
    (
        "Average precision, WASB's definition",
        "ap_wasb",
        "found or undetected balls in the denominator, misplaced ones in neither",
    ),
    ("RMSE", "rmse_px", "px, over TP and FP1"),
)
"""Label, key of ``metrics.json`` and formula."""


PARTS = (
    ("Visibility", "labelled class", "by_visibility"),
    ("Speed", "of visible balls, % of the picture's diagonal a frame", "by_speed"),
    ("Diameter", "of visible balls, % of the picture's diagonal", "by_size"),
)
"""Title, explanation and key of ``metrics.json``."""


@frozen(kw_only=True)
class Picture:
    """A picture inside the page.

    Attributes:
        title: What it shows.
        data: As a ``data:`` URL.
    """

    title: str
    data: str


def write_report(run: Path) -> Path:
    """Write the report of a finished run from what lies in its folder, and its curves.

    Args:
        run: Folder of the run.

    Returns:
        The file written.

    Raises:
        UserError: It is no folder of a finished run, or its ``metrics.json`` is damaged.
    """
    metrics = _read(run / "metrics.json")
    if metrics is None:
        raise UserError(
            f"{run}: has no metrics.json. Give the folder of a finished run, or finish it with --resume."
        )
    drawn = (*write_curves(run), *_sweeps(run))
    curves = [Picture(title=title, data=_inline(file)) for title, file in drawn]
    page = template("report.html").render(
        name=run.resolve().name,
        metrics=metrics,
        figures=[_figure(metrics, *figure) for figure in FIGURES],
        parts=[(title, note, metrics[key]) for title, note, key in PARTS if metrics.get(key)],
        resources=_resources(metrics),
        comparison=shown(comparison) if (comparison := read_comparison(run)) else None,
        curves=curves,
        examples=_pictures(run, examples := read_examples(run)),
        synthetic=examples.synthetic,
        environment=_read(run / "environment.json") or {},
        config=_text(run / "config.yaml"),
    )
    file = run / FILE_NAME
    with replace_file(file) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return file


def _figure(metrics: Json, label: str, key: str, formula: str) -> tuple[str, str, str, str]:
    """Label, value, 95 % interval and formula of a figure."""
    ends = metrics.get(f"{key}_interval")
    return label, number(metrics.get(key)), f"{ends[0]:.3f}–{ends[1]:.3f}" if ends else "", formula


def _sweeps(run: Path) -> Iterator[tuple[str, Path]]:
    if sweep := read_sweep(run):
        yield from zip(SWEEPS, write_sweep_plots(sweep, run / CURVES), strict=True)


def _read(file: Path) -> Json | None:
    if not file.is_file():
        return None
    try:
        content: Json = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{file}: is damaged ({error}). Run tracknet eval again, or restore it.") from None
    return content


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def _resources(metrics: Json) -> list[tuple[str, str]]:
    trainable, total = metrics.get("trainable_parameters"), metrics.get("total_parameters")
    memory, speed = metrics.get("peak_memory_bytes"), metrics.get("frames_per_second")
    rows = []
    if trainable is not None and total:
        rows.append(("Trainable parameters", f"{trainable:,} of {total:,} ({trainable / total:.1%})"))
    if memory is not None:
        rows.append(("Peak memory of training", f"{memory / 2**20:,.0f} MiB"))
    if speed is not None:
        rows.append(("Speed of training", f"{speed:,.1f} frames/s"))
    return rows


def _pictures(run: Path, examples: Examples) -> list[Picture]:
    return [
        Picture(title=f"{each.outcome}: {each.caption}", data=_inline(run / each.file))
        for each in examples.pictures
        if (run / each.file).is_file()
    ]


def _inline(file: Path) -> str:
    kind = "png" if file.suffix == ".png" else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(file.read_bytes()).decode('ascii')}"
