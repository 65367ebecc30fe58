"""Work done ahead in a thread of its own."""

from collections.abc import Generator, Iterable
from contextlib import suppress
from queue import Empty, Queue
from threading import Event, Thread
from typing import TypeVar

from attrs import frozen

T = TypeVar("T")

PATIENCE = 0.1
"""How often to look whether a thread that is no longer wanted has ended, seconds."""


@frozen
class _Failure:
    error: BaseException


class _End:
    pass


def ahead(items: Iterable[T], depth: int) -> Generator[T]:
    """Iterate in a background thread, at most ``depth`` items ahead of the consumer.

    An exception of ``items`` is raised here after the items before it. When the consumer stops
    early, so does the thread, before this returns.
    """
    queue: Queue[T | _Failure | _End] = Queue(depth)
    stop = Event()
    worker = Thread(target=_work, args=(items, queue, stop), name="tracknet-ahead", daemon=True)
    worker.start()
    try:
        while True:
            item = queue.get()
            if isinstance(item, _End):
                return
            if isinstance(item, _Failure):
                raise item.error
            yield item
    finally:
        stop.set()
        while worker.is_alive():
            with suppress(Empty):
                queue.get(timeout=PATIENCE)  # the worker may be waiting for room


def _work(items: Iterable[T], queue: "Queue[T | _Failure | _End]", stop: Event) -> None:
    last: _Failure | _End = _End()
    try:
        for item in items:
            queue.put(item)
            if stop.is_set():
                return
    except BaseException as error:  # raised in the consumer's thread
        last = _Failure(error)
    queue.put(last)
