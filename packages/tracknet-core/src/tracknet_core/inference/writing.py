"""What is said when results cannot be written."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from av.error import FFmpegError

from tracknet_core.config.problems import RunError


class WriteError(RunError):
    """A file could not be written on; what was written before is kept."""


@contextmanager
def writing(file: Path) -> Iterator[None]:
    """Turn what the operating system says of a full disk or a missing permission into a line.

    Raises:
        WriteError: The file cannot be written.
    """
    try:
        yield
    except (OSError, FFmpegError) as error:
        raise WriteError(f"{file}: cannot be written ({error.strerror}).") from None
