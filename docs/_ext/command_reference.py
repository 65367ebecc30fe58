"""The reference of the commands: every one, from the command line's own definition."""

from collections.abc import Iterator
from typing import Any

import typer

from tracknet_core.cli.app import app


def commands() -> Iterator[tuple[str, Any]]:
    """Name every command that ``tracknet --help`` lists, in its order."""
    group: Any = typer.main.get_command(app)
    return ((name, command) for name, command in group.commands.items() if not command.hidden)


def command_page() -> str:
    """Write the reference of all commands as Markdown."""
    return "\n\n".join(_command(name, command) for name, command in commands())


def _command(name: str, command: Any) -> str:
    context = typer.Context(command, info_name=f"tracknet {name}")
    usage = " ".join(command.collect_usage_pieces(context))
    records = [record for parameter in command.params if (record := parameter.get_help_record(context))]
    rows = [f"| `{_cell(name)}` | {_cell(meaning)} |" for name, meaning in records]
    table = ["| argument or option | meaning |", "|---|---|", *rows] if rows else []
    return "\n".join(
        [
            f"(command-{name})=",
            f"## `tracknet {name}`",
            "",
            command.help or "",
            "",
            f"```text\ntracknet {name} {usage}\n```",
            "",
            *table,
        ]
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
