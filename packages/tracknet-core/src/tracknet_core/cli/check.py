"""``tracknet check``: every problem before anything is started."""

import json
from typing import TYPE_CHECKING

import typer

from tracknet_core.cli.console import Console
from tracknet_core.cli.options import Configs, DataFile, Json, Strict, TrainingFile

if TYPE_CHECKING:
    from tracknet_core.config.problems import Problem


def check(
    configs: Configs,
    data: DataFile = None,
    training: TrainingFile = None,
    strict: Strict = False,
    json_: Json = False,
) -> None:
    """Find every problem in configuration, plugins, data and environment."""
    from tracknet_core.config.overrides import split_arguments
    from tracknet_core.config.problems import Severity
    from tracknet_core.config.resolve import resolve
    from tracknet_core.config.sources import Sources
    from tracknet_core.plugins import registry

    paths, overrides = split_arguments(configs)
    sources = Sources(paths=paths, data=data, training=training, overrides=overrides)
    problems = resolve(sources, registry()).problems
    errors = sum(strict or problem.severity is Severity.ERROR for problem in problems)

    console = Console()
    if json_:
        console.result(json.dumps({"ok": not errors, "problems": [_as_json(p) for p in problems]}, indent=2))
    else:
        for problem in problems:
            console.warn(problem)
        console.result(_summary(errors, len(problems) - errors))
    if errors:
        raise typer.Exit(2)


def _summary(errors: int, warnings: int) -> str:
    """Such as ``2 errors, 1 warning``."""
    counts = ((errors, "error"), (warnings, "warning"))
    said = [f"{count} {word}{'s' if count > 1 else ''}" for count, word in counts if count]
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
