"""``tracknet convert``: between dataset formats."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from tracknet_core.cli.console import Console
from tracknet_core.cli.options import Quiet


def convert(
    source: Annotated[Path, typer.Argument(metavar="SRC", help="The folder of labelled clips to read.")],
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write; new or empty.")],
    *,
    to: Annotated[str, typer.Option("--to", metavar="FORMAT", help="The format to write.")],
    from_: Annotated[str, typer.Option("--from", metavar="FORMAT", help="The format of SRC.")] = "auto",
    on_bad_data: Annotated[
        Literal["error", "skip"],
        typer.Option(help="Whether faulty clips stop the command before it writes, or are left out."),
    ] = "error",
    quiet: Quiet = False,
) -> None:
    """Write labelled clips in another dataset format, and say what it could not hold."""
    from tracknet_core.data import convert as conversion
    from tracknet_core.wording import counted

    console = Console(quiet=quiet)
    done = conversion.convert(
        source, directory, to=to, from_=from_, on_bad_data=on_bad_data, progress=console
    )
    for loss in done.losses:
        console.warn(f"not as it was: {loss}")
    clips, frames = counted(done.clips, "clip"), counted(done.frames, "frame")
    console.result(f"{clips}, {frames}, {done.balls} with a ball, in {directory} as {to}")
