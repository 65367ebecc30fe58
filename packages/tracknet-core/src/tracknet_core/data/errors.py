"""Errors of reading frames, which often come out of a worker process."""

from tracknet_core.config.problems import RunError, UserError


class _WorkerError(Exception):
    """Stays one line on its way out of a worker.

    torch's DataLoader makes the exception anew from the worker's whole traceback, at whose end
    the message stands behind the class's name.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message.rpartition(f"{type(self).__name__}: ")[2].strip())


class PictureError(_WorkerError, UserError):
    """A picture that cannot be read, or is not the one that was expected."""


class PictureSizeError(PictureError):
    """A picture of another size than the first of its clip."""


class CacheError(_WorkerError, RunError):
    """Frames cannot be kept where ``data.cache`` wants them."""
