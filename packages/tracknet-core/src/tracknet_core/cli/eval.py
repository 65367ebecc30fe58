"""tracknet eval: how well a run, or anybody's CSV, finds the ball."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tracknet_core.cli.console import Console
from tracknet_core.cli.metrics_table import metrics_table
from tracknet_core.cli.options import Json, Quiet

if TYPE_CHECKING:
    from tracknet_core.evaluation.metrics import Metrics
    from tracknet_core.evaluation.predictions import Labels
    from tracknet_core.evaluation.protocols import Protocol

SplitOption = Literal["train", "val", "test", "all"]


def evaluate(
    run: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN [CONFIG… | key=value…]",
            help="A run, and other data to measure it on: YAML files or overrides such as data.root=DIR.",
            show_default=False,
        ),
    ] = None,
    *,
    predictions: Annotated[
        list[Path] | None,
        typer.Option(metavar="CSV…", help="Score these files instead of a run.", show_default=False),
    ] = None,
    labels: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH…",
            help="Their labels: a CSV each, or folders of labelled clips.",
            show_default=False,
        ),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(
            metavar="WxH", help="Size of the pictures that labels in CSVs belong to.", show_default=False
        ),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="wasb, tracknetv3, tracknetv2-tennis, pck or all; default: the configured one.",
        ),
    ] = None,
    split: Annotated[
        SplitOption | None,
        typer.Option(help="Which clips of the data; default: test, or all of other data."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure a run on labelled data, or anybody's CSV of predictions."""
    from tracknet_core.config.problems import UserError

    console = Console(quiet=quiet)
    if predictions:
        if run or split:
            raise UserError("--predictions: stands alone, without RUN and --split. Leave them out.")
        metrics = _of_files(predictions, labels or [], _size(size), _protocols(protocol), console)
        _show(console, metrics, {}, as_json=json)
        return
    if labels or size:
        raise UserError("--labels and --size: belong to --predictions. For a run give data.root=DIR.")
    if not run:
        raise UserError("Nothing to measure. Give the folder of a run, or --predictions CSV… --labels PATH….")
    metrics, facts = _of_run(run, _protocols(protocol), split, console)
    _show(console, metrics, facts, as_json=json)


def _of_run(
    arguments: Sequence[str], protocols: "list[Protocol] | None", split: SplitOption | None, console: Console
) -> "tuple[Sequence[Metrics], dict[str, object]]":
    from tracknet_core.cli.libraries import silence_libraries
    from tracknet_core.config.overrides import split_arguments

    paths, overrides = split_arguments(arguments[1:])
    silence_libraries()
    from tracknet_core.evaluation.run import evaluate_run
    from tracknet_core.training.memory import peak_memory_bytes
    from tracknet_core.training.result import count_parameters

    measured = evaluate_run(
        Path(arguments[0]),
        paths=paths,
        overrides=overrides,
        protocols=protocols,
        split=split,
        progress=console,
    )
    trainable, total = count_parameters(measured.run.model, measured.run.plan)
    return measured.metrics, {
        "trainable_parameters": trainable,
        "total_parameters": total,
        "peak_memory_bytes": peak_memory_bytes(measured.device),
        "frames_per_second": measured.frames_per_second,
    }


def _of_files(
    predictions: Sequence[Path],
    labels: Sequence[Path],
    size: tuple[int, int] | None,
    protocols: "list[Protocol] | None",
    console: Console,
) -> "Sequence[Metrics]":
    from tracknet_core.data.ball_csv import read_ball_csv
    from tracknet_core.evaluation.predictions import score_predictions
    from tracknet_core.evaluation.protocols import WASB

    tables = [read_ball_csv(file) for file in predictions]
    return score_predictions(tables, _labels(predictions, labels, size, console), protocols or [WASB])


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
    clips = load_clips(DataConfig(root=tuple(map(str, folders))), console)
    matched = match_by_name(predictions, clips)
    if len(matched) < len(clips):
        console.say(f"{len(clips) - len(matched)} of {len(clips)} clips have no predictions and are left out")
    return [labels_of_clip(clip) for clip in matched]


def _protocols(name: str | None) -> "list[Protocol] | None":
    from tracknet_core.evaluation.protocols import PROTOCOLS, protocol_named

    if name is None:
        return None
    return list(PROTOCOLS.values()) if name == "all" else [protocol_named(name)]


def _size(text: str | None) -> tuple[int, int] | None:
    from re import fullmatch

    from tracknet_core.config.problems import UserError

    if text is None:
        return None
    if found := fullmatch(r"([1-9][0-9]*)[x×]([1-9][0-9]*)", text):
        return int(found[1]), int(found[2])
    raise UserError(f"--size {text}: is not a size. Write width and height, such as 1280x720.")


def _show(console: Console, metrics: "Sequence[Metrics]", facts: dict[str, object], *, as_json: bool) -> None:
    if not as_json:
        console.result(metrics_table(metrics))
        return
    from json import dumps

    every = {measured.protocol.name: {**measured.to_json(), **facts} for measured in metrics}
    console.result(dumps(every if len(every) > 1 else next(iter(every.values())), indent=2))
