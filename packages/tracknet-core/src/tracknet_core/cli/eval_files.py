"""Anybody's CSVs of predictions, measured against their labels."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tracknet_core.cli.console import Console

if TYPE_CHECKING:
    from tracknet_core.evaluation.metrics import Measured
    from tracknet_core.evaluation.predictions import Labels
    from tracknet_core.evaluation.protocols import Protocol


def measure_files(
    predictions: Sequence[Path],
    labels: Sequence[Path],
    *,
    size: tuple[int, int] | None,
    protocols: "Sequence[Protocol] | None",
    console: Console,
) -> "list[Measured]":
    """Measure files of predictions, one a clip.

    Args:
        predictions: The files.
        labels: A CSV for each in the same order, or folders of labelled clips.
        size: Width and height of the pictures, px, for labels in CSVs.
        protocols: What counts as found; None takes ``wasb``.
        console: Where notes go.

    Raises:
        UserError: A file cannot be read, or its labels cannot be told.
    """
    from tracknet_core.data.ball_csv import read_ball_csv
    from tracknet_core.evaluation.predictions import score_predictions, shift_note
    from tracknet_core.evaluation.protocols import WASB

    tables = [read_ball_csv(file) for file in predictions]
    matched = _labels(predictions, labels, size, console)
    for table, clip in zip(tables, matched, strict=True):
        if note := shift_note(table, clip):
            console.say(note)
    return score_predictions(tables, matched, protocols or [WASB])


def measure_both(
    predictions: Sequence[Path],
    against: Sequence[Path],
    labels: Sequence[Path],
    *,
    size: tuple[int, int] | None,
    protocols: "Sequence[Protocol] | None",
    console: Console,
) -> "tuple[list[Measured], list[Measured]]":
    """Measure two sets of files of predictions against the labels of the same clips.

    Raises:
        UserError: As :func:`measure_files`, or the two are not of the same clips.
    """
    from tracknet_core.config.problems import UserError

    if len(predictions) != len(against):
        raise UserError(
            f"--against: {len(against)} files for {len(predictions)} of --predictions. Give as many."
        )
    first, second = (
        measure_files(files, labels, size=size, protocols=protocols, console=console)
        for files in (predictions, against)
    )
    clips, others = ({judged.clip for judged in measured[0].judgements} for measured in (first, second))
    if clips != others:
        alone = sorted(clips ^ others)
        raise UserError(f"--against: only one of the two has {alone[0]}. Give both for the same clips.")
    return first, [_in_order(measured, first[0]) for measured in second]


def _in_order(measured: "Measured", first: "Measured") -> "Measured":
    """Bring clips into the order of another's."""
    from attrs import evolve

    by_name = {judged.clip: judged for judged in measured.judgements}
    return evolve(measured, judgements=[by_name[judged.clip] for judged in first.judgements])


def _labels(
    predictions: Sequence[Path], paths: Sequence[Path], size: tuple[int, int] | None, console: Console
) -> "list[Labels]":
    from tracknet_core.config.problems import UserError
    from tracknet_core.config.schema import DataConfig
    from tracknet_core.data.load import load_clips
    from tracknet_core.evaluation.predictions import labels_of_clip, labels_of_file, match_by_name

    folders = [path for path in paths if path.is_dir()]
    if not paths:
        raise UserError("--predictions: needs --labels: a CSV for each file, or a folder of labelled clips.")
    if not folders:
        if len(paths) != len(predictions):
            raise UserError(
                f"--labels: {len(paths)} files for {len(predictions)} of --predictions. Give one for each, "
                "in the same order."
            )
        return [labels_of_file(path, size) for path in paths]
    if len(folders) != len(paths):
        raise UserError(
            "--labels: are files and folders mixed. Give either one CSV for each file, or folders."
        )
    data = DataConfig(root=tuple(map(str, folders)))
    clips = load_clips(data, console, skip="a --labels folder that lacks them")
    matched = match_by_name(predictions, clips)
    if len(matched) < len(clips):
        console.say(f"{len(clips) - len(matched)} of {len(clips)} clips have no predictions and are left out")
    return [labels_of_clip(clip) for clip in matched]
