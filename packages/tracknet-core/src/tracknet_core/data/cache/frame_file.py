"""One clip's frames in one mapped file.

The file is sparse and has its full size from the start: N checksums, then N raw frames::

    offset 0      uint64 little-endian [N]: 0, or 2**32 + CRC-32 of the frame
    next 4 KiB    uint8 [N, H, W, 3], RGB

A frame is there when its checksum is. The checksum is written after the frame and compared with
it when a process first reads the frame, so that neither a writer that was killed, nor a power
failure, nor a file cut short leaves a frame that is taken for whole. Frames are read through the
map and written beside it: a full disk then raises an error, where a store through the map would
kill the process.
"""

import mmap
import os
import weakref
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracknet_core.data.cache.frame_cache import Picture

SUFFIX = ".frames"

_PAGE = 4096
_MARK = np.dtype("<u8")


def full_size(frames: int, size: tuple[int, int]) -> int:
    """Bytes of a file in which every frame is there.

    Args:
        frames: How many frames, N.
        size: Width and height of a frame.
    """
    return _first_frame(frames) + frames * size[0] * size[1] * 3


class FrameFile:
    """Reads and fills such a file. Any number of processes may do so at once.

    Args:
        path: The file; made in its full size if it is not there, and mended if it was cut short.
        frames: How many frames the clip has, N.
        size: Width and height of a frame.

    Raises:
        OSError: It cannot be made, opened or mapped.
    """

    def __init__(self, path: Path, frames: int, size: tuple[int, int]) -> None:
        self._first = _first_frame(frames)
        full = full_size(frames, size)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        weakref.finalize(self, os.close, self._descriptor)
        if os.fstat(self._descriptor).st_size < full:
            os.ftruncate(self._descriptor, full)
        mapped = np.frombuffer(mmap.mmap(self._descriptor, full, access=mmap.ACCESS_READ), dtype=np.uint8)
        self._marks: NDArray[np.uint64] = mapped[: frames * _MARK.itemsize].view(_MARK)
        self._pictures: Picture = mapped[self._first :].reshape(frames, size[1], size[0], 3)
        self._is_whole = np.zeros(frames, dtype=np.bool_)

    def get(self, frame: int) -> Picture | None:
        """Return a frame, if it is there, as a view of the file."""
        if not self._marks[frame]:
            return None
        picture: Picture = self._pictures[frame]
        if not self._is_whole[frame]:
            if int(self._marks[frame]) != _mark(picture):
                return None
            self._is_whole[frame] = True
        return picture

    def put(self, frame: int, picture: Picture) -> None:
        """Write a frame ``[H, W, 3]``.

        Raises:
            OSError: The disk is full or broken; the frame is not there then.
        """
        picture = np.ascontiguousarray(picture)
        self._write(picture.data.cast("B"), self._first + frame * picture.nbytes)
        self._write(memoryview(np.array([_mark(picture)], _MARK).tobytes()), frame * _MARK.itemsize)

    def _write(self, data: memoryview, offset: int) -> None:
        while data:
            written = os.pwrite(self._descriptor, data, offset)
            data, offset = data[written:], offset + written


def _first_frame(frames: int) -> int:
    """Offset of the first frame: the first whole page behind the checksums."""
    return -(-frames * _MARK.itemsize // _PAGE) * _PAGE


def _mark(picture: Picture) -> int:
    return 2**32 + zlib.crc32(picture.data)
