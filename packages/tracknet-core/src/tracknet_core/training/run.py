"""The main job: train, measure, and leave everything in one folder."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import UserError
from tracknet_core.progress import Progress
from tracknet_core.training.environment import write_environment
from tracknet_core.training.failures import failing_clearly
from tracknet_core.training.folder import write_config
from tracknet_core.training.result import Result, write_result
from tracknet_core.training.session import train
from tracknet_core.training.signals import StoppedError, stop_on_signal
from tracknet_core.training.start import prepare


def run(plan: Plan, folder: Path, *, resume: bool, progress: Progress) -> Result:
    """Train as planned, then measure the best checkpoint.

    Args:
        plan: What to do.
        folder: Where to; new or empty, unless resumed.
        resume: Whether to go on from ``folder/checkpoints/last``.
        progress: Where lines and bars go.

    Raises:
        UserError: Something the user can mend is wrong; nothing new is left in ``folder``.
        RunError: Training failed; what is in ``folder`` can be resumed from.
        StoppedError: Interrupted; the run can be resumed.
        KeyboardInterrupt: Interrupted before training began, or twice.
    """
    with _nothing_left_on_refusal(folder):
        start = prepare(plan, folder, resume=resume, progress=progress)
        if start.checkpoint is None:
            write_config(start.plan, folder)
            write_environment(folder, start.device)
        else:
            progress.say(f"{folder}: going on after step {start.step}")
    with stop_on_signal(progress) as stop:
        train(start, progress=progress, stop=stop)
        if stop and not start.state.finished:
            raise StoppedError
        with failing_clearly():
            return write_result(start, progress=progress, stop=stop)


@contextmanager
def _nothing_left_on_refusal(folder: Path) -> Iterator[None]:
    """Make the folder; take away whatever is new of it, and above it, if the run does not begin."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    was_empty = folder.is_dir() and not any(folder.iterdir())
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be made ({error.strerror}). Name another folder with --output."
        ) from None
    try:
        yield
    except (UserError, KeyboardInterrupt):
        if missing:
            shutil.rmtree(missing[-1])
        elif was_empty:
            _empty(folder)
        raise


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
