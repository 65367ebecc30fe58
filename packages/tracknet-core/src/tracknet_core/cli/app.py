"""The commands, in the order in which ``tracknet --help`` lists them.

A command's module imports nothing but typer and its neighbours here when it is imported; what it
needs to do its work it imports when it is called, so that ``--help`` stays instant. For the same
reason every command is a ``PlainCommand``.
"""

from typing import Annotated

import typer

from tracknet_core import __version__
from tracknet_core.cli import (
    check,
    compare,
    convert,
    doctor,
    estimate,
    export,
    plugins,
    predict,
    report,
    run,
    schema,
    synth,
)
from tracknet_core.cli import eval as evaluation
from tracknet_core.cli.plain import PlainCommand, PlainGroup
from tracknet_core.cli.variadic import VariadicCommand

app = typer.Typer(
    name="tracknet", cls=PlainGroup, no_args_is_help=True, add_completion=False, rich_markup_mode=None
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tracknet {__version__}")
        raise typer.Exit


@app.callback()
def tracknet(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    traceback: Annotated[
        bool, typer.Option("--traceback", help="Show where in the program an error came from.")
    ] = False,
) -> None:
    """Teach a large pretrained vision model to follow a small fast ball."""


app.command("run", cls=PlainCommand)(run.run)
app.command("check", cls=PlainCommand)(check.check)
app.command("estimate", cls=PlainCommand)(estimate.estimate)
app.command("compare", cls=VariadicCommand)(compare.compare)
app.command("predict", cls=PlainCommand)(predict.predict)
app.command("eval", cls=VariadicCommand)(evaluation.evaluate)
app.command("export", cls=PlainCommand)(export.export)
app.command("report", cls=PlainCommand)(report.report)
app.command("synth", cls=PlainCommand)(synth.synth)
app.command("convert", cls=PlainCommand)(convert.convert)
app.command("doctor", cls=PlainCommand)(doctor.doctor)
app.command("plugins", cls=PlainCommand)(plugins.plugins)
app.command("schema", cls=PlainCommand)(schema.schema)
