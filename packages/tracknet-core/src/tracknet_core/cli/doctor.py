"""``tracknet doctor``: whether this machine, or labelled data, is fit for a run."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracknet_core.cli.console import Console
from tracknet_core.cli.options import Json, Quiet, Strict

if TYPE_CHECKING:
    from tracknet_core.config.schema import DataConfig
    from tracknet_core.training.environment_checks import Check

LABELS = (".csv", ".txt", ".xml")
"""Endings of label files, which people name instead of their folder, as they do pictures and videos."""


def doctor(
    data: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[DATA… | CONFIG… key=value…]",
            help="Folders of labelled clips, or a run's configuration, whose data section then counts; "
            "without either, this machine is looked at.",
            show_default=False,
        ),
    ] = None,
    *,
    format: Annotated[
        str, typer.Option(metavar="NAME", help="Format of DATA; a configuration names its own.")
    ] = "auto",
    sample: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Look at the first N pictures of each clip only; 0 judges labels alone.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Also write doctor.json, a contact sheet (doctor.jpg) and a sheet for each kind of finding.",
            show_default=False,
        ),
    ] = None,
    strict: Strict = False,
    json_: Json = False,
    quiet: Quiet = False,
) -> None:
    """Look for what would spoil a run: in labelled data, or without DATA in this installation.

    Exit code 0: nothing, or warnings alone. With DATA 1: errors were found. Without DATA 2:
    something TrackNet needs does not work.
    """
    console = Console(quiet=quiet or json_)
    if data:
        _examine(_config(data, format), console, sample=sample, output=output, strict=strict, as_json=json_)
    elif format != "auto" or sample is not None or output:
        from tracknet_core.config.problems import UserError

        raise UserError("--format, --sample and --output: belong to DATA. Name the folder of labelled clips.")
    else:
        _environment(console, strict=strict, as_json=json_)


def _environment(console: Console, *, strict: bool, as_json: bool) -> None:
    from attrs import asdict

    from tracknet_core.training.environment_checks import check_environment

    bad = ("error", "warning") if strict else ("error",)
    checks = []
    for check in check_environment():
        checks.append(check)
        if not as_json:
            console.result(_line(check))
    ok = not any(check.status in bad for check in checks)
    if as_json:
        console.result(json.dumps({"ok": ok, "checks": [asdict(check) for check in checks]}, indent=2))
    if not ok:
        raise typer.Exit(2)


def _line(check: "Check") -> str:
    line = f"{check.status:8}{check.name:15}{check.message}"
    return f"{line}\n{'':23}{check.remedy}" if check.remedy else line


def _config(words: list[str], format: str) -> "DataConfig":
    """The data section that folders, or a configuration, stand for."""
    from tracknet_core.config.overrides import split_arguments
    from tracknet_core.config.problems import ConfigError, UserError
    from tracknet_core.config.resolve import resolve
    from tracknet_core.config.schema import DataConfig
    from tracknet_core.config.sources import Sources
    from tracknet_core.data.formats.scanning import VIDEO_SUFFIXES
    from tracknet_core.data.picture_header import PICTURE_SUFFIXES
    from tracknet_core.plugins import registry

    paths, overrides = split_arguments(words)
    files = [path for path in paths if path.is_file() or path.suffix.lower() in (".yaml", ".yml")]
    endings = (*LABELS, *PICTURE_SUFFIXES, *VIDEO_SUFFIXES)
    if no_yaml := next((path for path in files if path.suffix.lower() in endings), None):
        raise UserError(f"{no_yaml}: is a file of a data set. Name the folder that holds the labelled clips.")
    if not files and not overrides:
        return DataConfig(root=tuple(map(str, paths)), format=format)
    if len(files) < len(paths):
        raise UserError(
            f"{next(path for path in paths if path not in files)}: is no file. Name either folders "
            "of labelled clips, or YAML files and key=value overrides."
        )
    if format != "auto":
        raise UserError("--format: belongs to folders. Write data.format=NAME instead.")
    resolution = resolve(Sources(paths=files, overrides=overrides), registry())
    if resolution.data is None:
        raise ConfigError(resolution.problems)
    return resolution.data


def _examine(
    data: "DataConfig",
    console: Console,
    *,
    sample: int | None,
    output: Path | None,
    strict: bool,
    as_json: bool,
) -> None:
    from tracknet_core.cli.examination_text import text_of
    from tracknet_core.config.problems import Severity
    from tracknet_core.data.doctor.document import as_json as document_of
    from tracknet_core.data.doctor.examine import examine
    from tracknet_core.data.doctor.write import write_examination
    from tracknet_core.writable import require_writable

    if output:
        require_writable(output, "--output")
    found = examine(data, console, sample=sample)
    console.result(json.dumps(document_of(found), indent=2) if as_json else text_of(found))
    if output:
        written = write_examination(found, output)
        console.say(f"wrote {', '.join(str(file) for file in written)}")
    if any(strict or finding.severity is Severity.ERROR for finding in found.findings):
        raise typer.Exit(1)
