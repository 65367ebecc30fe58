"""tracknet compare: what each mode of training costs, on this machine."""

from json import dumps
from pathlib import Path
from typing import Annotated

import typer

from tracknet_core.cli.console import Console
from tracknet_core.cli.interruption import terminated_as_interrupted
from tracknet_core.cli.options import Configs, DataFile, Json, Quiet, TrainingFile


def compare(
    configs: Configs,
    *,
    data: DataFile = None,
    training: TrainingFile = None,
    modes: Annotated[
        list[str] | None,
        typer.Option(
            "--modes",
            metavar="NAME…",
            help="Some of full, frozen, lora, qlora, qlora-hf and frozen-4bit.",
            show_default="all but frozen-4bit",
        ),
    ] = None,
    same_settings: Annotated[
        bool,
        typer.Option(
            "--same-settings",
            help="A second table: all modes with the config's micro-batches and gradient checkpointing.",
        ),
    ] = False,
    steps: Annotated[
        int, typer.Option(min=1, help="Steps of training, and batches of prediction, to time each time.")
    ] = 3,
    repeats: Annotated[int, typer.Option(min=1, help="Processes for each mode, in a shuffled order.")] = 3,
    epochs: Annotated[
        int,
        typer.Option(
            min=0, help="Also train each mode for so many epochs on the config's data, and measure its F1."
        ),
    ] = 0,
    seed: Annotated[int, typer.Option(help="Of the order.")] = 0,
    output: Annotated[
        Path | None,
        typer.Option(
            help="Folder for compare.json, compare.md and a page; that of a run shows it in its report.",
            show_default=False,
        ),
    ] = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Measure what full fine-tuning, a frozen backbone, LoRA and QLoRA cost here; needs no data."""
    from tracknet_core.config.overrides import split_arguments
    from tracknet_core.config.sources import Sources
    from tracknet_core.training.compare.bench import Effort
    from tracknet_core.training.compare.measure import compare as measure
    from tracknet_core.training.compare.modes import DEFAULT_MODES, modes_named, resolved

    console = Console(quiet=quiet)
    chosen = modes_named(modes or DEFAULT_MODES)
    paths, overrides = split_arguments(configs)
    sources = Sources(paths=paths, data=data, training=training, overrides=overrides)
    plan, warnings = resolved(sources, needs_data=epochs > 0)
    for warning in warnings:
        console.warn(warning)
    if output:
        _make(output)
    with terminated_as_interrupted():
        comparison = measure(
            sources,
            plan,
            chosen,
            effort=Effort(steps=steps, repeats=repeats, seed=seed, epochs=epochs),
            same=same_settings,
            progress=console,
        )
    if output:
        from tracknet_core.reporting.comparison import write_comparison_files

        for file in write_comparison_files(comparison, output):
            console.say(f"wrote {file}")
    from tracknet_core.cli.modes_table import modes_text

    console.result(dumps(comparison.to_json(), indent=2) if json else modes_text(comparison))
    if not comparison.found_anything:
        raise typer.Exit(1)


def _make(folder: Path) -> None:
    """Make the folder before hours of measuring, not after them."""
    from tracknet_core.config.problems import UserError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be made ({error.strerror}). Name another folder with --output."
        ) from None
