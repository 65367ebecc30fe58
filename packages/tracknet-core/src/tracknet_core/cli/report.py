"""tracknet report: the HTML report again."""

from pathlib import Path
from typing import Annotated

import typer

from tracknet_core.cli.console import Console


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.", show_default=False)],
) -> None:
    """Write a run's HTML report and curves again, from the files in its folder."""
    from tracknet_core.reporting.report import write_report

    Console().result(str(write_report(run)))
