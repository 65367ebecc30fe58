"""tracknet eval: how well a run, or anybody's CSV, finds the ball, and which of two finds it better."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tracknet_core.cli.console import Console
from tracknet_core.cli.eval_output import show, show_comparison
from tracknet_core.cli.options import Engine, Json, Quiet

if TYPE_CHECKING:
    from tracknet_core.evaluation.metrics import Measured
    from tracknet_core.evaluation.protocols import Protocol
    from tracknet_core.evaluation.run import RunMetrics
    from tracknet_core.evaluation.sweep import Sweep

SplitOption = Literal["train", "val", "test", "all"]


def evaluate(
    run: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN [RUN] [CONFIG… | key=value…]",
            help="A run, or two to be compared clip by clip, and other data to measure on: "
            "YAML files or overrides such as data.root=DIR.",
            show_default=False,
        ),
    ] = None,
    *,
    predictions: Annotated[
        list[Path] | None,
        typer.Option(metavar="CSV…", help="Score these files instead of a run.", show_default=False),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="CSV…",
            help="Compare --predictions (the first) with these (the second) on the same labels.",
            show_default=False,
        ),
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
    engine: Engine = None,
    sweep: Annotated[
        bool,
        typer.Option("--sweep", help="Also tell what other thresholds would have given."),
    ] = False,
    plots: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Draw the sweep as precision against recall and over the threshold.",
            show_default=False,
        ),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure a run on labelled data, or anybody's CSV of predictions; compare two of either."""
    from tracknet_core.config.problems import UserError
    from tracknet_core.writable import require_writable

    console = Console(quiet=quiet)
    sweep = sweep or plots is not None
    if plots is not None:
        require_writable(plots, "--plots")
    if predictions:
        if run or split or engine:
            raise UserError("--predictions: stands alone, without RUN, --split and --engine. Leave them out.")
        _files(
            predictions,
            against or [],
            labels or [],
            _size(size),
            _protocols(protocol),
            sweep=sweep,
            plots=plots,
            as_json=json,
            console=console,
        )
        return
    if labels or size or against:
        raise UserError(
            "--labels, --size and --against: belong to --predictions. For a run give data.root=DIR."
        )
    if not run:
        raise UserError("Nothing to measure. Give the folder of a run, or --predictions CSV… --labels PATH….")
    runs, paths, overrides = _told_apart(run)
    _runs(
        runs,
        paths,
        overrides,
        _protocols(protocol),
        split,
        engine=engine,
        sweep=sweep,
        plots=plots,
        as_json=json,
        console=console,
    )


def _told_apart(words: Sequence[str]) -> tuple[list[Path], list[Path], list[str]]:
    """Tell runs, configuration files and overrides apart; the first word is a run."""
    from tracknet_core.config.overrides import split_arguments
    from tracknet_core.config.problems import UserError

    paths, overrides = split_arguments(words[1:])
    files = [path for path in paths if path.is_file() or path.suffix in (".yaml", ".yml")]
    runs = [Path(words[0]), *(path for path in paths if path not in files)]
    if len(runs) > 2:
        raise UserError(f"{runs[2]}: is a third run. Compare two at a time.")
    return runs, files, overrides


def _runs(
    runs: Sequence[Path],
    paths: Sequence[Path],
    overrides: Sequence[str],
    protocols: "list[Protocol] | None",
    split: SplitOption | None,
    *,
    engine: str | None,
    sweep: bool,
    plots: Path | None,
    as_json: bool,
    console: Console,
) -> None:
    from tracknet_core.cli.libraries import silence_libraries
    from tracknet_core.config.hardware import keep_freed_memory

    silence_libraries()
    keep_freed_memory()
    from tracknet_core.evaluation.run import evaluate_pair, evaluate_run

    if len(runs) > 1:
        _refuse_sweep(sweep)
        _refuse_engine(engine)
        first, second = evaluate_pair(
            (runs[0], runs[1]),
            paths=paths,
            overrides=overrides,
            protocols=protocols,
            split=split,
            progress=console,
        )
        names = (str(runs[0]), str(runs[1]))
        show_comparison(console, names, first.measured, second.measured, as_json=as_json)
        return
    measured = evaluate_run(
        runs[0],
        paths=paths,
        overrides=overrides,
        protocols=protocols,
        split=split,
        engine=engine,
        progress=console,
    )
    sweeps = _sweeps_of_run(measured, console) if sweep else []
    show(console, measured.measured, sweeps, _facts(measured) if as_json else {}, plots, as_json=as_json)


def _facts(measured: "RunMetrics") -> dict[str, object]:
    from tracknet_core.model.checkpoint import load_checkpoint
    from tracknet_core.training.memory import peak_memory_bytes
    from tracknet_core.training.result import count_parameters

    facts: dict[str, object] = {
        "peak_memory_bytes": peak_memory_bytes(measured.run.engine.device),
        "frames_per_second": measured.frames_per_second,
    }
    if measured.run.engine.name != "torch":
        return facts
    trained = load_checkpoint(measured.run.directory)  # what was measured has its adapter merged
    trainable, total = count_parameters(trained.model, trained.plan)
    return {"trainable_parameters": trainable, "total_parameters": total, **facts}


def _sweeps_of_run(run: "RunMetrics", console: Console) -> "list[Sweep]":
    from attrs import evolve

    from tracknet_core.evaluation.sweep import sweep_tracks

    sweeps = _sweeps(run.measured)
    if not run.plan.tracking.enabled:
        return sweeps
    tracked = sweep_tracks(
        run.detections,
        run.clips,
        protocols=[metrics.protocol for metrics in run.metrics],
        threshold=run.threshold,
        tracking=run.plan.tracking,
        progress=console,
    )
    return [evolve(sweep, tracked=points) for sweep, points in zip(sweeps, tracked, strict=True)]


def _sweeps(measured: "Sequence[Measured]") -> "list[Sweep]":
    from tracknet_core.config.problems import UserError
    from tracknet_core.evaluation.sweep import sweep_detections

    sweeps = [
        sweep_detections(each.judgements, each.metrics.protocol, each.metrics.threshold) for each in measured
    ]
    found = [sweep for sweep in sweeps if sweep is not None]
    if len(found) < len(sweeps):
        raise UserError("--sweep: needs the scores of all predictions. Add a column Score, or leave it out.")
    return found


def _files(
    predictions: Sequence[Path],
    against: Sequence[Path],
    labels: Sequence[Path],
    size: tuple[int, int] | None,
    protocols: "list[Protocol] | None",
    *,
    sweep: bool,
    plots: Path | None,
    as_json: bool,
    console: Console,
) -> None:
    from tracknet_core.cli.eval_files import measure_both, measure_files

    if against:
        _refuse_sweep(sweep)
        first, second = measure_both(
            predictions, against, labels, size=size, protocols=protocols, console=console
        )
        show_comparison(console, ("--predictions", "--against"), first, second, as_json=as_json)
        return
    measured = measure_files(predictions, labels, size=size, protocols=protocols, console=console)
    show(console, measured, _sweeps(measured) if sweep else [], {}, plots, as_json=as_json)


def _refuse_sweep(sweep: bool) -> None:
    from tracknet_core.config.problems import UserError

    if sweep:
        raise UserError("--sweep and --plots: are of one run. Leave them out, or measure each run alone.")


def _refuse_engine(engine: str | None) -> None:
    from tracknet_core.config.problems import UserError

    if engine:
        raise UserError("--engine: is of one run. To compare engines, give the folder of an export as a run.")


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
