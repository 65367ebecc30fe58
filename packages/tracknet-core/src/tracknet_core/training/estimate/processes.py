"""Several works at once, each in a process of its own."""

import multiprocessing
import sys
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Generic, TypeVar

import torch

from tracknet_core.config.problems import RunError, UserError
from tracknet_core.training.machine import usable_cores

T = TypeVar("T")


def in_processes(
    works: Sequence[Callable[[], T]], *, suffices: Callable[[T], bool] = lambda _: False
) -> Iterator[T | UserError]:
    """Do some works, as many at a time as there are cores.

    Each begins as a copy of this process where the system has that, so that nothing is imported twice
    and its memory is laid out as that of this process.

    Args:
        works: What to do; picklable where processes begin anew.
        suffices: Whether a result makes all works after it superfluous.

    Yields:
        The results in the order of the works, or what only the user could mend, up to the first result
        that suffices.

    Raises:
        RunError: A work failed.
    """
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    begun: list[_Work[T]] = []
    try:
        for index in range(len(works)):
            while len(begun) < min(len(works), index + usable_cores()):
                begun.append(_Work(context, works[len(begun)]))
            result = begun[index].result()
            yield result
            if not isinstance(result, UserError) and suffices(result):
                return
    finally:
        for work in begun:
            work.end()


class _Work(Generic[T]):
    """One process, begun."""

    def __init__(self, context: BaseContext, work: Callable[[], T]) -> None:
        self._receiver, sender = context.Pipe(duplex=False)
        self._process = context.Process(target=_do, args=(work, sender), daemon=True)  # type: ignore[attr-defined]
        self._process.start()
        sender.close()  # so that an end without a word is seen

    def result(self) -> T | UserError:
        try:
            said: T | Exception = self._receiver.recv()
        except EOFError:
            self._process.join()
            raise RunError(f"A process ended with exit code {self._process.exitcode}.") from None
        if isinstance(said, Exception) and not isinstance(said, UserError):
            raise said
        return said

    def end(self) -> None:
        self._receiver.close()
        self._process.terminate()
        self._process.join()


def _do(work: Callable[[], T], sender: Connection) -> None:
    torch.set_num_threads(1)  # its threads are those of the process that was copied, and not here
    try:
        sender.send(work())
    except Exception as error:
        sender.send(error)
