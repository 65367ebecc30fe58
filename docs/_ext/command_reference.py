"""The reference of the commands: every one, from the command line's own definition."""

from collections.abc import Iterator

import click


def commands() -> Iterator[tuple[str, click.Command]]:
    """Name every command that ``tracknet --help`` lists, in its order."""
    import typer

    from tracknet_core.cli.app import app

    group = typer.main.get_command(app)
    context = click.Context(group, info_name="tracknet")
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None and not command.hidden:
            yield name, command


def command_page() -> str:
    """Write the reference of all commands as Markdown."""
    return "\n\n".join(_command(name, command) for name, command in commands())


def _command(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=f"tracknet {name}")
    usage = " ".join(command.collect_usage_pieces(context))
    rows = [
        _row(parameter, context) for parameter in command.params if not getattr(parameter, "hidden", False)
    ]
    return (
        f"(command-{name})=\n"
        f"## `tracknet {name}`\n\n"
        f"{command.help or ''}\n\n"
        f"```text\ntracknet {name} {usage}\n```\n\n"
        "| argument or option | meaning |\n|---|---|\n" + "\n".join(rows)
    )


def _row(parameter: click.Parameter, context: click.Context) -> str:
    if isinstance(parameter, click.Option):
        spelled = ", ".join(f"`{option}`" for option in (*parameter.opts, *parameter.secondary_opts))
        if not parameter.is_flag:
            spelled += f" `{parameter.make_metavar(context)}`"
    else:
        spelled = f"`{parameter.make_metavar(context)}`"
    meaning = getattr(parameter, "help", None) or ""
    return f"| {_cell(spelled)} | {_cell(meaning)}{_default(parameter)} |"


def _default(parameter: click.Parameter) -> str:
    default = parameter.default
    if default is None or default is False or default == () or callable(default) or parameter.required:
        return ""
    return f" Default: `{_cell(str(default))}`."


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
