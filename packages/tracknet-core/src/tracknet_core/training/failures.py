"""Failures of training that deserve a line instead of a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager
from pickle import UnpicklingError

from tracknet_core.config.problems import RunError, UserError
from tracknet_core.data.errors import PictureError
from tracknet_core.training.memory import MEMORY_REMEDIES, is_out_of_memory


@contextmanager
def failing_clearly() -> Iterator[None]:
    """Turn what can go wrong in the middle of training into a :class:`RunError`.

    A picture that cannot be read is the user's to mend, but training had started; memory can run
    out outside of a step that could be split, such as in the optimizer or a worker.
    """
    try:
        yield
    except PictureError as error:
        raise RunError(f"{error} Then go on with --resume.") from error
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise RunError(f"Out of memory ({error}). {MEMORY_REMEDIES}") from error


@contextmanager
def reading_trainer_files(directory: str | None) -> Iterator[None]:
    """Turn what torch says of a damaged file into a :class:`UserError` that names its folder."""
    try:
        yield
    except (RuntimeError, UnpicklingError, EOFError, OSError, ValueError, KeyError) as error:
        raise UserError(
            f"{directory}: a file in it is damaged. Put another checkpoint in its place, or start a new run."
        ) from error
