"""``data.cache: ram``: all frames in memory."""

import mmap
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tracknet_core.data.cache.frame_cache import Picture, read_only


class MemoryFrames:
    """All frames in one anonymous memory map, which forked processes share.

    Memory is taken as frames arrive.

    Args:
        lengths: Frames of each clip.
        size: Width and height of a frame.
    """

    def __init__(self, lengths: Sequence[int], size: tuple[int, int]) -> None:
        self._lengths, self._size = tuple(lengths), size
        self._first = np.cumsum([0, *lengths])
        frames, shape = int(self._first[-1]), (size[1], size[0], 3)
        self._pictures = _shared(frames * shape[0] * shape[1] * 3).reshape(frames, *shape)
        self._is_there = _shared(frames)

    def __reduce__(self) -> tuple[type["MemoryFrames"], tuple[tuple[int, ...], tuple[int, int]]]:
        return type(self), (self._lengths, self._size)

    def get(self, clip: int, frame: int) -> Picture | None:
        """Return a frame if any of the processes has put it."""
        place = self._first[clip] + frame
        return read_only(self._pictures[place]) if self._is_there[place] else None

    def put(self, clip: int, frame: int, picture: Picture) -> None:
        """Keep a frame for all processes."""
        place = self._first[clip] + frame
        self._pictures[place] = picture
        self._is_there[place] = 1


def _shared(size: int) -> NDArray[np.uint8]:
    return np.frombuffer(mmap.mmap(-1, max(1, size)), dtype=np.uint8)[:size]
