"""How much of a process's memory would be resident if all tensors were written to.

On the CPU tensors come from the C library's heap. It gives a large block back to the system as soon as
it is freed, and keeps the smaller ones: between those that are still in use there are holes, which stay
resident and which the next tensor may or may not fit into. How many holes there are depends on all that
was asked for and freed before. So this looks at where tensors without values really come to lie, and
counts each page of the heap from the first time that a tensor covers it.
"""

import ctypes
import mmap
from pathlib import Path

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.config.hardware import glibc

PAGE = mmap.PAGESIZE
PAGES_AT_FIRST = 2**20


@frozen
class Place:
    """Where a tensor lies.

    Attributes:
        first, last: Pages of the heap, the last excluded; equal for memory outside of the heap.
        mapped_bytes: Bytes outside of the heap, which are gone as soon as the tensor is.
    """

    first: int
    last: int
    mapped_bytes: int


class Heap:
    """The heap of this process, on Linux with glibc.

    What is resident when this is made is not counted.

    Args:
        start: Address of the heap.
        library: The C library that it belongs to.
    """

    def __init__(self, start: int, library: ctypes.CDLL) -> None:
        self._library = library
        self._library.sbrk.restype = ctypes.c_void_p
        self._library.sbrk.argtypes = (ctypes.c_long,)
        self._start = start
        self._end = self._break()
        self._mapped = self._pages = 0
        self._covered = _nothing(PAGES_AT_FIRST)
        self._cover(0, self._page(self._end))
        self._pages = 0  # what is there already does not count

    @classmethod
    def of_this_process(cls) -> "Heap | None":
        """Find the heap; None where there is none of this kind, as on macOS, Windows and musl."""
        library = glibc()
        if library is None:
            return None
        for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.endswith("[heap]"):
                return cls(int(line.partition("-")[0], 16), library)
        return None

    @property
    def resident_bytes(self) -> int:
        """What is resident on account of tensors, in bytes."""
        return self._pages * PAGE + self._mapped

    def take(self, address: int, size: int) -> Place:
        """Count a new tensor.

        Args:
            address: Where it lies.
            size: Its size in bytes.
        """
        self._follow_break()
        if not self._start <= address < self._end:
            mapped = (size + 2 * PAGE - 1) // PAGE * PAGE
            self._mapped += mapped
            return Place(0, 0, mapped)
        place = Place(self._page(address), self._page(address + size - 1) + 1, 0)
        self.keep(place)
        return place

    def give_back(self, place: Place) -> None:
        """Stop counting a tensor that is gone; what it covered of the heap stays."""
        self._mapped -= place.mapped_bytes

    def keep(self, place: Place) -> None:
        """Count the pages of a tensor that is there."""
        self._cover(place.first, place.last)

    def clear(self) -> None:
        """Forget what was covered."""
        self._follow_break()
        self._covered[:] = False
        self._pages = 0

    def _cover(self, first: int, last: int) -> None:
        if last > len(self._covered):
            larger = _nothing(2 * last)
            larger[: len(self._covered)] = self._covered
            self._covered = larger
        pages = self._covered[first:last]
        self._pages += len(pages) - int(np.count_nonzero(pages))
        pages[:] = True

    def _follow_break(self) -> None:
        """See whether the system got the end of the heap back."""
        end = self._break()
        if end < self._end:
            beyond = self._covered[self._page(end - 1) + 1 :]
            self._pages -= int(np.count_nonzero(beyond))
            beyond[:] = False
        self._end = end

    def _break(self) -> int:
        return int(self._library.sbrk(0))

    def _page(self, address: int) -> int:
        return (address - self._start) // PAGE


def _nothing(pages: int) -> NDArray[np.bool_]:
    """Begin with no page covered, and outside of the heap that this is about."""
    return np.frombuffer(mmap.mmap(-1, pages), dtype=np.bool_)
