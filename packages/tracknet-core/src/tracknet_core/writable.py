"""Finding out before the work whether its results can be written."""

import os
from pathlib import Path

from tracknet_core.config.problems import UserError


def require_writable(directory: Path, option: str) -> None:
    """Make sure that files can be written to a folder that need not exist yet.

    Args:
        directory: The folder.
        option: What names it on the command line, such as ``--output``.

    Raises:
        UserError: They cannot.
    """
    there = directory.absolute()
    while not there.exists():
        there = there.parent
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        why = "no files may be written there" if there.is_dir() else "is no folder"
        raise UserError(f"{there}: {why}. Give another folder with {option}.")
