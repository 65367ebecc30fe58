"""The way in and out of the command line: errors become a line and an exit code.

Exit codes: 0 done; 1 failed while running; 2 the configuration, the arguments or the environment
are wrong and nothing was started; 130 interrupted.
"""

import os
import sys
import traceback
from collections.abc import Sequence

import typer

from tracknet_core.cli.app import app

DONE, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: What follows ``tracknet``; None takes the process's own. ``--traceback`` may
            stand anywhere among them.

    Returns:
        The exit code.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _run([word for word in words if word != "--traceback"])
        sys.stdout.flush()
    except BrokenPipeError:
        _silence_stdout()
        return FAILED
    except (Exception, KeyboardInterrupt) as error:  # the one place where anything at all is caught
        if "--traceback" in words:
            traceback.print_exception(error)
        message, code = _verdict(error)
        sys.stderr.write(f"{message}\n" if message else "")
    return code


def _run(words: list[str]) -> int:
    command = typer.main.get_command(app)
    code = command.main(args=words, prog_name="tracknet", standalone_mode=False)
    return code if isinstance(code, int) else DONE


def _verdict(error: BaseException) -> tuple[str, int]:
    """What to say of an exception, and the exit code it stands for."""
    from tracknet_core.config.problems import RunError, UserError

    if isinstance(error, UserError):
        return str(error), WRONG
    if isinstance(error, RunError):
        return str(error), FAILED
    if isinstance(error, typer.TyperException):
        message = error.format_message()
        return f"{message} See `tracknet --help`." if message else "", WRONG
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return "interrupted", INTERRUPTED
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return f"unexpected {text}. Run again with --traceback and report it.", FAILED


def _silence_stdout() -> None:
    """Whoever read our output has left; keep Python from complaining when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
