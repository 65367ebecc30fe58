"""A list of numbers that stays out of the heap that is being looked at."""

import mmap

import numpy as np
from numpy.typing import NDArray

ENTRY = 16
FIRST_ROOM = 2**16


class Journal:
    """What memory came and went, in order.

    A Python list would lie in the heap, move when it grows, and leave holes there itself.
    """

    def __init__(self) -> None:
        self._entries = _room(FIRST_ROOM)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, serial: int, size: int) -> None:
        """Note that a block came, or with a negative size that it went."""
        if self._count == len(self._entries):
            larger = _room(2 * self._count)
            larger[: self._count] = self._entries
            self._entries = larger
        self._entries[self._count] = (serial, size)
        self._count += 1

    def alive_at(self, moment: int) -> dict[int, int]:
        """Tell the blocks that were there after so many entries: sizes by serial number."""
        alive: dict[int, int] = {}
        for serial, size in self._entries[:moment].tolist():
            if size < 0:
                del alive[serial]
            else:
                alive[serial] = size
        return alive

    def fullest(self, first: int, last: int) -> int:
        """Tell the moment, after the first and up to the last, at which blocks took most."""
        taken = np.cumsum(self._entries[:last, 1])[first:]
        return first + int(np.argmax(taken)) + 1 if len(taken) else first


def _room(entries: int) -> NDArray[np.int64]:
    return np.frombuffer(mmap.mmap(-1, entries * ENTRY), dtype=np.int64).reshape(-1, 2)
