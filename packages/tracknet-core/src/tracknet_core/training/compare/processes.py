"""One trial, in a process of its own."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tracknet_core.config.problems import RunError, UserError

MODULE = "tracknet_core.training.trial"

WRONG = 2
"""Exit code of a trial that could not begin."""


def do(trial: str, *, config: Path, folder: Path, base: Path, steps: int) -> dict[str, Any]:
    """Do a trial and wait for it.

    Args:
        trial: What to try; see ``tracknet_core.training.trial.__main__``.
        config: A resolved config.
        folder: Existing folder for the result.
        base: Folder of base weights that are random.
        steps: How often.

    Returns:
        The result.

    Raises:
        UserError: It could not begin: something asked for is not here, or does not fit together.
        RunError: It failed, or the system ended it.
    """
    command = [sys.executable, "-m", MODULE, trial, str(config), str(folder)]
    command += ["--base", str(base), "--steps", str(steps)]
    done = subprocess.run(  # noqa: S603 - this very program
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode == 0:
        result: dict[str, Any] = json.loads((folder / f"{trial}.json").read_text(encoding="utf-8"))
        return result
    reason = reason_of(done.returncode, done.stderr)
    raise UserError(reason) if done.returncode == WRONG else RunError(reason)


def reason_of(code: int, errors: str) -> str:
    """Say in one line why a process failed.

    Args:
        code: As ``subprocess`` gives it: negative for the signal that ended the process.
        errors: What it wrote to standard error; its last line is the error itself.
    """
    if code == -signal.SIGKILL:
        return "Out of memory: the system ended the process."
    if code < 0:
        return f"The process was ended by {signal.Signals(-code).name}."
    lines = errors.strip().splitlines()
    return lines[-1] if lines else f"The process ended with exit code {code}."
