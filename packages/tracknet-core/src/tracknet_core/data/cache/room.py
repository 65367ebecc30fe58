"""How much disk the cached frames may take, and which files go when it is too much.

Those in use stay (see ``lease.py``). Leases are taken, and files removed, under one lock of the folder.
"""

import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import frozen

from tracknet_core.config.byte_size import in_gib, parse_bytes
from tracknet_core.config.problems import ConfigError, Problem, UserError
from tracknet_core.data.cache.frame_file import SUFFIX
from tracknet_core.data.cache.lease import SUFFIX as LEASE
from tracknet_core.data.cache.lease import Lease, locked, names_in_use
from tracknet_core.progress import Progress
from tracknet_core.wording import counted

LIMIT = "TRACKNET_CACHE_LIMIT"
DEFAULT_SHARE = 0.5
"""Of the disk space that would be free without the cache: what it may take unless a limit is given."""

_BLOCK = 512
"""Unit of ``st_blocks``."""


def claim(
    directory: Path, files: Mapping[str, int], progress: Progress, environ: Mapping[str, str] = os.environ
) -> Lease:
    """Take files into use, and remove others, least recently used first, until all fit.

    Everything in use counts with its full size, everything else with what it takes.

    Args:
        directory: Where the files are; made if need be.
        files: Names and full sizes in bytes of what is going to be used.
        progress: Told what is removed.
        environ: ``TRACKNET_CACHE_LIMIT`` counts here.

    Raises:
        ConfigError: They do not fit beside what others are using; nothing was removed then.
        UserError: The limit cannot be read.
        OSError: The folder cannot be used.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with locked(directory):
        budget = _budget(directory, files, names_in_use(directory), environ)
        if budget.needed > budget.allowed:
            raise _too_little(directory, budget)
        _evict(budget, directory, progress)
        lease = Lease(directory / f"{uuid.uuid4().hex}{LEASE}", list(files))
        for name, size in files.items():
            _use(directory / name, size)
    return lease


def describe_need(directory: Path, files: Mapping[str, int]) -> str | None:
    """Say how much of the disk files may still take; None when all is there.

    Args:
        directory: Where they are; it exists.
        files: Names and full sizes in bytes.
    """
    there = sum(entry.taken for entry in _entries(directory) if entry.name in files)
    missing = sum(files.values()) - there
    if missing < 0.01 * sum(files.values()):
        return None
    return (
        f"data.cache: disk takes up to {in_gib(missing)} more in {directory}, "
        f"where {in_gib(shutil.disk_usage(directory).free)} are free"
    )


def _use(file: Path, size: int) -> None:
    """Make a sparse file of this size if it is smaller or absent, and count it as used now."""
    with file.open("ab") as stream:
        if stream.tell() < size:
            stream.truncate(size)
    os.utime(file)


@frozen
class _Entry:
    """A file of frames: its name, its size when full and now in bytes, and when it was last used."""

    name: str
    full: int
    taken: int
    used: float


@frozen(kw_only=True)
class _Budget:
    """Bytes.

    Attributes:
        needed: By the new files and by all that is in use already.
        allowed: By limit and disk.
        free: On the disk now.
        limit: The limit that was given; None without one.
        idle: What is not in use, least recently used first.
    """

    needed: int
    allowed: int
    free: int
    limit: int | None
    idle: tuple[_Entry, ...]


def _budget(
    directory: Path, files: Mapping[str, int], in_use: set[str], environ: Mapping[str, str]
) -> _Budget:
    entries = list(_entries(directory))
    free = shutil.disk_usage(directory).free
    available = free + sum(entry.taken for entry in entries)
    limit = _limit(environ)
    others = [entry for entry in entries if entry.name in in_use and entry.name not in files]
    idle = [entry for entry in entries if entry.name not in in_use and entry.name not in files]
    return _Budget(
        needed=sum(files.values()) + sum(entry.full for entry in others),
        allowed=int(DEFAULT_SHARE * available) if limit is None else min(limit, available),
        free=free,
        limit=limit,
        idle=tuple(sorted(idle, key=lambda entry: entry.used)),
    )


def _evict(budget: _Budget, directory: Path, progress: Progress) -> None:
    excess = budget.needed + sum(entry.taken for entry in budget.idle) - budget.allowed
    removed: list[_Entry] = []
    for entry in budget.idle:
        if excess <= 0:
            break
        (directory / entry.name).unlink(missing_ok=True)
        excess -= entry.taken
        removed.append(entry)
    if removed:
        last = time.strftime("%Y-%m-%d %H:%M", time.localtime(removed[-1].used))
        size = in_gib(sum(entry.taken for entry in removed))
        progress.say(
            f"data.cache: removed {counted(len(removed), 'clip')} ({size}) that no run has opened since "
            f"{last} from {directory}, to make room"
        )


def _too_little(directory: Path, budget: _Budget) -> ConfigError:
    if budget.limit is not None and budget.limit <= budget.allowed:
        bound = f"{LIMIT} is {in_gib(budget.limit)}"
    elif budget.limit is None:
        bound = f"it may have {in_gib(budget.allowed)}, half of the disk without it"
    else:
        bound = f"the disk has {in_gib(budget.allowed)}"
    message = f"disk takes {in_gib(budget.needed)} in {directory} with what other runs are using, and {bound}"
    remedy = (
        f"Set the environment variable {LIMIT} to more, let TRACKNET_CACHE name a folder on a larger disk, "
        "or set data.cache to none."
    )
    return ConfigError([Problem(key="data.cache", message=message, remedy=remedy)])


def _limit(environ: Mapping[str, str]) -> int | None:
    text = environ.get(LIMIT)
    if not text:
        return None
    try:
        return parse_bytes(text)
    except ValueError as error:
        raise UserError(f"{LIMIT}: {error}") from None


def _entries(directory: Path) -> Iterator[_Entry]:
    with os.scandir(directory) as found:
        for entry in found:
            if entry.name.endswith(SUFFIX):
                status = entry.stat()
                yield _Entry(entry.name, status.st_size, status.st_blocks * _BLOCK, status.st_mtime)
