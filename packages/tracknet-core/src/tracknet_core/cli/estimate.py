"""tracknet estimate: how much memory a run takes, before it is started."""

from collections.abc import Sequence
from json import dumps
from typing import TYPE_CHECKING, Annotated

import typer

from tracknet_core.cli.console import Console
from tracknet_core.cli.options import Configs, DataFile, Json, Strict, TrainingFile

if TYPE_CHECKING:
    from tracknet_core.config.plan import Plan


def estimate(
    configs: Configs,
    *,
    data: DataFile = None,
    training: TrainingFile = None,
    gpu: Annotated[
        str | None,
        typer.Option(
            "--gpu",
            metavar="SIZE",
            help="Fit a GPU with so much memory, such as 8GiB, instead of what a run would use here.",
            show_default=False,
        ),
    ] = None,
    strict: Strict = False,
    json: Json = False,
) -> None:
    """Tell how much memory training takes, part by part; needs no weights, no data and no GPU."""
    from tracknet_core.config.overrides import split_arguments
    from tracknet_core.config.resolve import load_plan
    from tracknet_core.training.estimate.target import target_here, target_named

    console = Console(quiet=json)
    paths, overrides = split_arguments(configs)

    def resolve(more: Sequence[str]) -> "Plan":
        plan, _ = load_plan(paths, [*overrides, *more], data=data, training=training, machine=False)
        return plan

    target = target_named(gpu) if gpu is not None else None
    plan, warnings = load_plan(paths, overrides, data=data, training=training, strict=strict, machine=False)
    for warning in warnings:
        console.warn(warning)

    from tracknet_core.cli.libraries import silence_libraries
    from tracknet_core.config.hardware import keep_freed_memory

    silence_libraries()
    keep_freed_memory()
    from tracknet_core.training.estimate.estimate import estimate as rehearse

    found = rehearse(plan, target or target_here(plan), resolve)
    if json:
        console.result(dumps(found.to_json(), indent=2))
    else:
        from tracknet_core.cli.estimate_table import estimate_text

        console.result(estimate_text(found, plan))
    if not found.footprint.fits:
        raise typer.Exit(1)
