"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Configs: TypeAlias = Annotated[
    list[str],
    typer.Argument(
        metavar="CONFIG|KEY=VALUE",
        help="YAML files, laid over one another from left to right, and overrides such as training.epochs=5.",
        show_default=False,
    ),
]
DataFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--data", metavar="FILE", help="A file that holds the keys of data.", show_default=False),
]
TrainingFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--training", metavar="FILE", help="A file that holds the keys of training.", show_default=False
    ),
]
Strict: TypeAlias = Annotated[bool, typer.Option("--strict", help="Let warnings stop as errors do.")]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="No bars and no notes.")]
Engine: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="NAME",
        help="What runs the model: torch, or onnx or openvino after `tracknet export`.",
        show_default="torch, or that of an export",
    ),
]
