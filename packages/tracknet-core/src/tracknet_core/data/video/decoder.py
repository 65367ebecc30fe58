"""Exact frames of videos by number, with few videos open at a time."""

import os
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from tracknet_core.data.errors import PictureError
from tracknet_core.data.video.container import Reading, Upright, decode, open_container, video_stream
from tracknet_core.data.video.index import frame_index

OPEN = 4
"""Videos that a process keeps open: each costs a file handle and the frames that its codec refers to."""


class FrameDecoder:
    """Decodes frames of one video by number; a frame that follows the last one needs no seek.

    One thread decodes, so that memory does not grow with the number of cores and a process with an
    open decoder can be forked.

    Args:
        file: The video.

    Raises:
        UserError: It cannot be opened.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._index = frame_index(file)
        self._next: int  # number of the frame that decodes next
        self._upright = Upright()
        self._open()

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def read(self, number: int) -> NDArray[np.uint8]:
        """Decode a frame, upright, RGB ``[H, W, 3]``.

        Raises:
            PictureError: There is no such frame, or it does not decode.
        """
        if number >= len(self._index):
            raise PictureError(
                f"{self._file}: has {len(self._index)} frames, so frame {number} is missing. Restore it."
            )
        entries = self._index.entries_before(number)
        goes_on = self._next == number or (len(entries) and entries[0] <= self._next <= number)
        found = self._decode_to(number) if goes_on else None
        for entry in entries:
            if found is None and self._enter(int(entry), number):
                found = self._decode_to(number)
        if found is None:
            self._reopen()
            found = self._decode_to(number)
        if found is None:
            raise PictureError(
                f"{self._file}: frame {number} is damaged and does not decode. Restore the video, "
                "or leave its clip out."
            )
        self._next = number + 1
        return self._upright(found)

    def _open(self) -> None:
        self._manager = open_container(str(self._file))
        self._container = self._manager.__enter__()
        self._stream = video_stream(self._container, str(self._file))
        self._stream.thread_type = "NONE"
        self._frames: Iterator[VideoFrame] = decode(self._container, self._stream, Reading())
        self._next = 0

    def _reopen(self) -> None:
        self.close()
        self._open()

    def _enter(self, entry: int, number: int) -> bool:
        """Go to a keyframe; False if the container leads past the wanted frame instead."""
        offset, wanted = (int(self._index.timestamps[each]) for each in (entry, number))
        try:
            self._container.seek(offset, stream=self._stream)
            packets = self._container.demux(self._stream)
            keyframe = next((packet for packet in packets if packet.size and packet.is_keyframe), None)
            if keyframe is None or keyframe.pts is None or keyframe.pts > wanted:
                return False
            self._container.seek(offset, stream=self._stream)
        except FFmpegError:
            return False
        self._frames = decode(self._container, self._stream, Reading())
        return True

    def _decode_to(self, number: int) -> VideoFrame | None:
        wanted = int(self._index.timestamps[number])
        self._next = len(self._index)  # nowhere, until the frame has been found
        for frame in self._frames:
            if frame.pts is not None and frame.pts >= wanted:
                return frame if frame.pts == wanted else None
        return None


class DecoderPool:
    """The decoders of this process; the one used least recently makes room for another.

    Args:
        limit: How many stay open.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = Lock()
        self._decoders: OrderedDict[Path, FrameDecoder] = OrderedDict()

    def read(self, file: Path, number: int) -> NDArray[np.uint8]:
        """Decode a frame; see ``FrameDecoder.read``."""
        with self._lock:
            decoder = self._decoders.pop(file, None) or FrameDecoder(file)
            self._decoders[file] = decoder
            while len(self._decoders) > self._limit:
                self._decoders.popitem(last=False)[1].close()
            try:
                return decoder.read(number)
            except Exception:
                self._decoders.pop(file).close()  # nobody knows where it stands
                raise

    def __len__(self) -> int:
        return len(self._decoders)


_inherited: list[DecoderPool] = []
_pool = DecoderPool(OPEN)


def decoders() -> DecoderPool:
    """Return this process's own pool."""
    return _pool


def _start_anew() -> None:
    """In a forked process: share no file position and no lock with the parent."""
    global _pool  # noqa: PLW0603 - what a fork copies has to be replaced
    _inherited.append(_pool)
    _pool = DecoderPool(OPEN)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
