"""Folders and files that appear whole or not at all, whenever the process dies."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replace_directory(directory: Path) -> Iterator[Path]:
    """Fill a temporary folder beside ``directory`` and put it in its place at the end.

    A previous folder stands until the new one is complete and on disk. If the process dies
    between the two renames, :func:`recover_directory` finishes the exchange.

    Yields:
        The temporary folder to fill. On an exception it is removed and nothing has changed.
    """
    temporary, previous = _temporary(directory), _previous(directory)
    recover_directory(directory)
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        _sync_tree(temporary)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    if directory.exists():
        directory.rename(previous)
    temporary.rename(directory)
    _sync(directory.parent)
    shutil.rmtree(previous, ignore_errors=True)


def recover_directory(directory: Path) -> None:
    """Finish an exchange that was cut short: without a new folder, the previous one comes back."""
    previous = _previous(directory)
    if previous.exists() and not directory.exists():
        previous.rename(directory)
    shutil.rmtree(previous, ignore_errors=True)


@contextmanager
def replace_file(file: Path) -> Iterator[Path]:
    """Write a temporary file beside ``file`` and put it in its place at the end.

    Yields:
        The temporary path to write. On an exception it is removed and nothing has changed.
    """
    temporary = file.with_name(f".{file.name}.tmp")
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    _sync(file.parent)


def _temporary(directory: Path) -> Path:
    return directory.with_name(f".{directory.name}.tmp")


def _previous(directory: Path) -> Path:
    return directory.with_name(f".{directory.name}.previous")


def _sync_tree(directory: Path) -> None:
    for parent, _, names in os.walk(directory):
        for name in names:
            _sync(Path(parent) / name)
        _sync(Path(parent))


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot open folders
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
