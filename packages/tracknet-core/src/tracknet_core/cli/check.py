"""``tracknet check``: every problem before anything is started."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from tracknet_core.cli.console import Console
from tracknet_core.cli.options import Configs, DataFile, Json, Strict, TrainingFile
from tracknet_core.wording import counted

if TYPE_CHECKING:
    from tracknet_core.config.problems import Problem
    from tracknet_core.config.schema import DataConfig


def check(
    configs: Configs,
    data: DataFile = None,
    training: TrainingFile = None,
    strict: Strict = False,
    json_: Json = False,
) -> None:
    """Find every problem before anything is started."""
    from tracknet_core.config.overrides import split_arguments
    from tracknet_core.config.problems import Severity
    from tracknet_core.config.resolve import resolve
    from tracknet_core.config.sources import Sources
    from tracknet_core.plugins import registry

    console = Console(quiet=json_)
    paths, overrides = split_arguments(configs)
    sources = Sources(paths=paths, data=data, training=training, overrides=overrides)
    resolution = resolve(sources, registry())
    if resolution.data:
        resolution = resolution.with_problems(_data_problems(resolution.data, console))

    problems = resolution.problems
    errors = sum(strict or problem.severity is Severity.ERROR for problem in problems)
    if json_:
        console.result(json.dumps({"ok": not errors, "problems": [_as_json(p) for p in problems]}, indent=2))
    else:
        for problem in problems:
            console.warn(problem)
        console.result(_summary(errors, len(problems) - errors))
    if errors:
        raise typer.Exit(2)


def _data_problems(data: "DataConfig", console: Console) -> "Sequence[Problem]":
    """Read all labels and split them, as a run would."""
    from tracknet_core.config.problems import ConfigError, Problem, UserError
    from tracknet_core.data.load import load_clips
    from tracknet_core.data.splits import split_clips

    try:
        split = split_clips(load_clips(data, console), data.split)
    except ConfigError as error:
        return error.problems
    except UserError as error:
        message, _, remedy = str(error).removeprefix("data: ").partition(". ")
        return [Problem(key="data", message=message, remedy=remedy)]
    for note in split.notes:
        console.say(note)
    return []


def _summary(errors: int, warnings: int) -> str:
    """Such as ``2 errors, 1 warning``."""
    counts = ((errors, "error"), (warnings, "warning"))
    said = [counted(count, word) for count, word in counts if count]
    return ", ".join(said) or "no problems"


def _as_json(problem: "Problem") -> dict[str, object]:
    place = problem.place
    return {
        "file": place and place.file,
        "line": place and place.line,
        "column": place and place.column,
        "key": problem.key,
        "severity": problem.severity.value,
        "message": problem.message,
        "remedy": problem.remedy,
    }
