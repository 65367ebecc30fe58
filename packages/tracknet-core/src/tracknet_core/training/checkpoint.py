"""RUN/checkpoints: `last` to go on from, `best` to use, older ones when asked for."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracknet_core.atomic import recover_directory, replace_directory

TRAINER = "trainer"
"""Folder in a checkpoint with what only resuming needs."""

STEP_PREFIX = "step-"


class Checkpoints:
    """The checkpoints of one run; each appears whole or not at all, whenever the process dies.

    Args:
        run: The run's folder.
        keep: How many recent ones to keep besides the best; the most recent is ``last``.
    """

    def __init__(self, run: Path, *, keep: int) -> None:
        self._folder = run / "checkpoints"
        self._keep = keep
        self.last = self._folder / "last"
        self.best = self._folder / "best"

    def recover(self) -> None:
        """Finish what a process that died had begun to exchange."""
        for directory in (self.last, self.best):
            recover_directory(directory)

    @contextmanager
    def replacing_best(self) -> Iterator[Path]:
        """Yield a folder to fill that becomes ``best``."""
        with replace_directory(self.best) as temporary:
            yield temporary

    @contextmanager
    def replacing_last(self, step: int) -> Iterator[Path]:
        """Yield a folder to fill that becomes ``last``, also kept as ``step-N`` among others."""
        with replace_directory(self.last) as temporary:
            yield temporary
        if self._keep > 1:
            with replace_directory(self._folder / f"{STEP_PREFIX}{step:08d}") as temporary:
                shutil.copytree(self.last, temporary, dirs_exist_ok=True)
        self._prune()

    def _prune(self) -> None:
        older = sorted(self._folder.glob(f"{STEP_PREFIX}*"))
        for surplus in older[: -self._keep] if self._keep > 1 else older:
            shutil.rmtree(surplus)
