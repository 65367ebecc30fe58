"""Which files of a folder are in use, by this process or another.

A lease is a small file that names them and stays locked as long as its process, or a worker
forked from it, lives; whatever way the process ends, the system lifts the lock.
"""

import os
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

SUFFIX = ".lease"

_LOCK = ".lock"


class Lease:
    """Keeps files from being removed as long as it lives.

    Args:
        path: The lease's own file, new, ending in ``SUFFIX``.
        names: Files of the same folder that are in use.
    """

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        # Only closed, never removed, here: a forked worker that still uses the files holds the lock too.
        weakref.finalize(self, os.close, descriptor)
        _lock(descriptor, wait=False)
        path.write_text("\n".join(names), encoding="utf-8")


def names_in_use(directory: Path) -> set[str]:
    """Read what live leases name, and remove leases of the dead; under :func:`locked`."""
    names: set[str] = set()
    for path in directory.glob(f"*{SUFFIX}"):
        with path.open("r+", encoding="utf-8") as stream:  # a network file system locks for writers only
            if _lock(stream.fileno(), wait=False):
                path.unlink()
            else:
                names.update(stream.read().split())
    return names


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Let no other process take or end leases in a folder."""
    with (directory / _LOCK).open("w") as stream:
        _lock(stream.fileno(), wait=True)
        yield


def _lock(descriptor: int, *, wait: bool) -> bool:
    """Lock a file until all copies of its descriptor are closed; False if another holds it."""
    import fcntl  # absent on Windows, where all but this cache works

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True
