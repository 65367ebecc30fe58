"""Where the command line speaks: results on standard output, everything else on standard error."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

LINE_EVERY = 5.0
"""Seconds between lines of progress when there is no terminal."""


class Console:
    """Implements ``tracknet_core.progress.Progress``: bars on a terminal, else a line now and then.

    Args:
        quiet: Show no bars, lines or notes; results, warnings and errors remain.
        stream: Where messages go; standard error by default.
        clock: Seconds that only ever grow.
    """

    def __init__(
        self,
        *,
        quiet: bool = False,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._quiet = quiet
        self._stream = stream or sys.stderr
        self._clock = clock
        self._spoke = clock()
        self._bars: RichProgress | None = None
        self._open = 0

    def result(self, text: str) -> None:
        """Print a result on standard output."""
        sys.stdout.write(f"{text}\n")

    def warn(self, text: object) -> None:
        """Print a warning, such as a Problem, however quiet."""
        self._write(str(text))

    def say(self, text: str) -> None:
        """Tell one line that matters whatever the terminal."""
        if not self._quiet:
            self._write(text)

    @contextmanager
    def task(self, name: str, total: int | None = None) -> "Iterator[_Bar | _Lines | _Nothing]":
        """Open a bar of ``total`` units; None when the length is unknown."""
        if self._quiet:
            yield _Nothing()
        elif not self._stream.isatty():
            lines = _Lines(self, name, total, self._clock)
            yield lines
            lines.close()
        else:
            with self._bar(name, total) as bar:
                yield bar

    @contextmanager
    def _bar(self, name: str, total: int | None) -> "Iterator[_Bar]":
        """A bar among those that are open; the display lives as long as the outermost."""
        self._bars = self._bars or _display(self._stream)
        self._open += 1
        self._bars.start()
        task = self._bars.add_task(name, total=total, figures="")
        try:
            yield _Bar(self._bars, task)
        finally:
            self._open -= 1
            self._bars.remove_task(task)
            if not self._open:
                self._bars.stop()
                self._bars = None

    def _write(self, text: str) -> None:
        if self._bars:
            self._bars.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            self._stream.write(f"{text}\n")
            self._stream.flush()

    def line(self, text: str) -> None:
        """Write a line of progress unless one was written a moment ago."""
        if self._clock() - self._spoke >= LINE_EVERY:
            self._spoke = self._clock()
            self._write(text)


class _Nothing:
    """A task that nobody watches."""

    def advance(self, amount: int = 1, **figures: float) -> None:
        """Count nothing."""


class _Bar:
    """A task as a bar on the terminal."""

    def __init__(self, bars: "RichProgress", task: "TaskID") -> None:
        self._bars = bars
        self._task = task

    def advance(self, amount: int = 1, **figures: float) -> None:
        """Move the bar on."""
        self._bars.advance(self._task, amount)
        if figures:
            self._bars.update(self._task, figures=_shown(figures))


class _Lines:
    """A task as lines, at most one every few seconds whatever number of tasks is open."""

    def __init__(self, console: Console, name: str, total: int | None, clock: Callable[[], float]) -> None:
        self._console = console
        self._name = name
        self._total = total
        self._clock = clock
        self._started = clock()
        self._done = 0
        self._figures: dict[str, float] = {}

    def advance(self, amount: int = 1, **figures: float) -> None:
        """Count on, and write a line if it is time for one."""
        self._done += amount
        self._figures |= figures
        self._console.line(self._text())

    def close(self) -> None:
        """Write where the task ended if it took as long as a line may wait."""
        if self._clock() - self._started >= LINE_EVERY:
            self._console.line(self._text())

    def _text(self) -> str:
        seconds = self._clock() - self._started
        rate = self._done / seconds if seconds else 0.0
        count = f"{self._done}/{self._total}" if self._total else f"{self._done}"
        left = [f"{_minutes((self._total - self._done) / rate)} left"] if self._total and rate else []
        figures = [_shown(self._figures)] if self._figures else []
        return f"{self._name}: " + ", ".join([count, *figures, f"{rate:.3g}/s", *left])


def _display(stream: TextIO) -> "RichProgress":
    from rich.console import Console as RichConsole
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[figures]}"),
        console=RichConsole(file=stream),
        transient=True,
    )


def _shown(figures: dict[str, float]) -> str:
    return " ".join(f"{name}={value:.4g}" for name, value in figures.items())


def _minutes(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    clock = f"{rest // 60:02d}:{rest % 60:02d}"
    return f"{hours}:{clock}" if hours else clock
