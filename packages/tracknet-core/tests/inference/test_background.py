"""Reading ahead: in order, bounded, with errors in their place, and stopped when nobody listens."""

import threading
from collections.abc import Iterator

import pytest

from tracknet_core.inference.background import ahead


def test_items_come_in_order() -> None:
    assert list(ahead(range(100), 3)) == list(range(100))


def test_it_works_no_further_ahead_than_told() -> None:
    made, gate = 0, threading.Event()

    def items() -> Iterator[int]:
        nonlocal made
        for number in range(100):
            made += 1
            if made == 5:
                gate.set()
            yield number

    stream = ahead(items(), 3)
    assert next(stream) == 0
    assert gate.wait(10)  # one taken, three waiting, one in hand
    assert made == 5
    stream.close()


def test_an_error_comes_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    stream = ahead(items(), 3)
    assert next(stream) == 1
    with pytest.raises(ValueError, match="broken"):
        next(stream)


def test_the_thread_ends_when_the_consumer_stops() -> None:
    before = threading.active_count()
    stream = ahead(iter(int, 1), 2)
    next(stream)
    assert threading.active_count() == before + 1
    stream.close()
    assert threading.active_count() == before
