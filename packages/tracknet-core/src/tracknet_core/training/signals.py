"""Ctrl-C and SIGTERM, turned into a wish that the training loop grants at the next step."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tracknet_core.progress import Progress, Task

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """Whether somebody asked the run to stop.

    Attributes:
        signal: The signal that asked, or None.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None

    def __bool__(self) -> bool:
        return self.signal is not None


@contextmanager
def stop_on_signal(progress: Progress) -> Iterator[StopRequest]:
    """Note the first SIGINT or SIGTERM; let the second interrupt at once.

    Handlers of the surrounding program come back afterwards. Must run in the main thread.

    Raises:
        KeyboardInterrupt: At the second signal, wherever the program stands.
    """
    request = StopRequest()

    def handle(number: int, _: FrameType | None) -> None:
        if request:
            raise KeyboardInterrupt
        request.signal = signal.Signals(number)
        progress.say("stopping after this step; interrupt again to stop at once")

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore_interrupts(_: int) -> None:
    """Let a data loader's worker outlive Ctrl-C, which a terminal sends to it too.

    The main process decides when a worker is done; without this its next batch would be missing.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class StoppedError(Exception):
    """Work that can be done again later was left because somebody asked to stop."""


class _StoppableTask:
    def __init__(self, task: Task, request: StopRequest) -> None:
        self._task = task
        self._request = request

    def advance(self, amount: int = 1, **figures: float) -> None:
        if self._request:
            raise StoppedError
        self._task.advance(amount, **figures)


class Stoppable:
    """Progress that leaves work between two units of it once a stop is asked for.

    For work that is done again when the run resumes, such as a validation.
    """

    def __init__(self, progress: Progress, request: StopRequest) -> None:
        self._progress = progress
        self._request = request

    def say(self, text: str) -> None:
        """Tell one line."""
        self._progress.say(text)

    @contextmanager
    def task(self, name: str, total: int | None = None) -> Iterator[Task]:
        """Open a bar; its ``advance`` raises :class:`StoppedError` once a stop is asked for."""
        with self._progress.task(name, total) as task:
            yield _StoppableTask(task, self._request)
