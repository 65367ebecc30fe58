"""How long-running work tells a person where it stands.

Work takes a :class:`Progress` and never prints; the command line decides how it looks.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Task(Protocol):
    """One bar: so many units done, with figures beside it."""

    def advance(self, amount: int = 1, **figures: float) -> None:
        """Count units as done and show the latest figures (such as ``loss=0.01``)."""


class Progress(Protocol):
    """Where lines and bars go."""

    def say(self, text: str) -> None:
        """Tell one line that matters whatever the terminal."""

    def task(self, name: str, total: int | None = None) -> AbstractContextManager[Task]:
        """Open a bar of ``total`` units; None when the length is unknown."""


class _SilentTask:
    def advance(self, amount: int = 1, **figures: float) -> None:
        pass


class Silent:
    """Progress that tells nothing."""

    def say(self, text: str) -> None:
        """Tell nothing."""

    @contextmanager
    def task(self, name: str, total: int | None = None) -> Iterator[Task]:  # noqa: ARG002 - the protocol's
        """Open a bar that nobody sees."""
        yield _SilentTask()
