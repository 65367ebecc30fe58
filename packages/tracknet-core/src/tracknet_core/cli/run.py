"""tracknet run: train, evaluate, report."""

from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracknet_core.cli.console import Console
from tracknet_core.cli.metrics_table import metrics_table
from tracknet_core.cli.options import Configs, DataFile, Json, Quiet, Strict, TrainingFile

if TYPE_CHECKING:
    from tracknet_core.training.result import Result


def run(
    configs: Configs,
    *,
    data: DataFile = None,
    training: TrainingFile = None,
    output: Annotated[
        Path | None, typer.Option(help="Folder of this run; default: output.dir/name from the config.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the run's last checkpoint.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the config, print it resolved, and stop.")
    ] = False,
    strict: Strict = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Train, evaluate and report: the main job."""
    from tracknet_core.config.document import dump
    from tracknet_core.config.overrides import split_arguments
    from tracknet_core.config.resolve import load_plan
    from tracknet_core.training.folder import new_folder, resumed_folder

    console = Console(quiet=quiet)
    paths, overrides = split_arguments(configs)
    plan, warnings = load_plan(paths, overrides, data=data, training=training, strict=strict)
    for warning in warnings:
        console.warn(warning)
    folder = (
        resumed_folder(plan, output, [Path(path) for path in paths]) if resume else new_folder(plan, output)
    )
    if dry_run:
        console.result(dump(plan))
        return

    from tracknet_core.cli.libraries import silence_libraries
    from tracknet_core.config.hardware import keep_freed_memory

    silence_libraries()
    keep_freed_memory()
    from tracknet_core.reporting.gallery import write_examples
    from tracknet_core.reporting.report import write_report
    from tracknet_core.training.run import run as train
    from tracknet_core.training.signals import StoppedError

    try:
        result = train(plan, folder, resume=resume, progress=console)
    except StoppedError:
        console.warn(f"stopped; go on with: tracknet run {folder / 'config.yaml'} --resume")
        raise typer.Exit(130) from None
    write_examples(folder, console)
    write_report(folder)
    if json:
        console.result(dumps({"run": str(folder), **result.to_json()}, indent=2))
    else:
        console.result(f"{metrics_table([result.metrics])}\n{_training(result)}")


def _training(result: "Result") -> str:
    facts = result.facts
    memory = facts["peak_memory_bytes"] / 2**20
    return (
        f"trained {facts['trainable_parameters']:,} of {facts['total_parameters']:,} parameters "
        f"at {facts['frames_per_second']:.1f} frames/s, peak memory {memory:,.0f} MiB\n"
        f"{result.folder}: report.html, metrics.json, history.csv, checkpoints/best"
    )
