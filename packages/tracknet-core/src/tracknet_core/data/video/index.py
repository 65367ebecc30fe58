"""Which frames a video holds, told from its packets without decoding them.

Frames are numbered from 0 in the order in which they are shown, as ``tracknet predict`` numbers
them. Packets that decode to nothing have no number: those that the container itself discards, and
those before the first frame that a recording begun between keyframes can show.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from tracknet_core.config.problems import UserError
from tracknet_core.data.video.container import (
    Reading,
    decode,
    open_container,
    upright_size,
    video_stream,
)

PROBED = 32
"""Frames that are decoded of a container whose timestamps may not be those of showing."""


@frozen(kw_only=True)
class VideoOutline:
    """What a data set has to know of a video before it reads any of it.

    Attributes:
        size: Width and height of the frames, upright, px.
        frames: How many there are.
        fps: Frames per second on average; None when unknown.
    """

    size: tuple[int, int]
    frames: int
    fps: float | None


@frozen(kw_only=True, eq=False)
class FrameIndex:
    """When the N frames of a video are shown, and from which of them decoding can begin.

    Attributes:
        timestamps: int64 ``[N]``, ascending, in units of the video stream.
        entries: int64 ``[K]``, numbers of the keyframes, ascending.
    """

    timestamps: NDArray[np.int64]
    entries: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.timestamps)

    def entries_before(self, number: int) -> NDArray[np.int64]:
        """Keyframes from which a frame can be decoded, the nearest first."""
        return self.entries[: np.searchsorted(self.entries, number, side="right")][::-1]

    def between_entries(self, number: int) -> tuple[int, int]:
        """The keyframe that a frame is decoded from, and the next one, or the end of the video."""
        after = int(np.searchsorted(self.entries, number, side="right"))
        first = int(self.entries[after - 1]) if after else 0
        return first, int(self.entries[after]) if after < len(self.entries) else len(self)


def read_outline(file: Path) -> VideoOutline:
    """Look into a video; of an MP4 or MOV that is whole, only the header and one frame are read.

    Raises:
        UserError: It is no video, nothing of it decodes, or its frames cannot be told apart by time.
    """
    with open_container(str(file)) as container:
        stream = _stream(container, file)
        first = _first_frame(container, stream, file)
        rate = stream.average_rate or stream.guessed_rate
        declared = _declared_frames(stream, file) if first.pts == stream.start_time else None
    return VideoOutline(
        size=upright_size(first),
        frames=len(frame_index(file)) if declared is None else declared,
        fps=float(rate) if rate else None,
    )


def frame_index(file: Path) -> FrameIndex:
    """Index a video, once in a process as long as the file does not change.

    Raises:
        UserError: As for :func:`read_outline`.
    """
    status = file.stat()
    return _index(file, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=4096)
def _index(file: Path, size: int, changed: int) -> FrameIndex:  # noqa: ARG001 - another file, another index
    with open_container(str(file)) as container:
        stream = _stream(container, file)
        begin = _first_frame(container, stream, file).pts
    with open_container(str(file)) as container:
        stream = _stream(container, file)
        shown: list[int] = []
        keyframes: list[int] = []
        cut = False
        for packet in _packets(container, stream):
            if packet is None:
                cut = True
                break
            if packet.pts is None or begin is None:
                raise _timeless(file)
            cut = packet.is_corrupt
            if packet.pts >= begin and not packet.is_discard:
                shown.append(packet.pts)
                if packet.is_keyframe:
                    keyframes.append(packet.pts)
    if cut:
        shown = _without_lost_tail(file, shown, keyframes)
    timestamps = np.unique(np.array(shown, dtype=np.int64))
    if len(timestamps) != len(shown):
        raise _timeless(file)
    known = np.intersect1d(np.array(keyframes, dtype=np.int64), timestamps)
    return FrameIndex(timestamps=timestamps, entries=np.searchsorted(timestamps, known))


def _stream(container: InputContainer, file: Path) -> VideoStream:
    """The video stream, decoded by one thread: after a seek its first frame is there at once."""
    stream = video_stream(container, str(file))
    stream.thread_type = "NONE"
    return stream


def _first_frame(container: InputContainer, stream: VideoStream, file: Path) -> VideoFrame:
    pictures = decode(container, stream, Reading())
    first = next(pictures, None)
    if first is None:
        raise UserError(
            f"{file}: no frame of it decodes. It is damaged, or was not written to its end. Replace it."
        )
    if container.format.name == "avi":  # it stores when frames are decoded, not when they are shown
        times = [first.pts, *(picture.pts for picture, _ in zip(pictures, range(PROBED), strict=False))]
        known = [time for time in times if time is not None]
        if known != times or sorted(set(known)) != known:
            raise _timeless(file)
    return first


def _declared_frames(stream: VideoStream, file: Path) -> int | None:
    """How many frames the header lists; None unless all of them are listed and are in the file."""
    entries = stream.index_entries
    if not stream.frames or len(entries) != stream.frames:
        return None
    end = file.stat().st_size
    if any(entry.pos + entry.size > end for entry in entries):
        return None
    return sum(not entry.is_discard for entry in entries)


def _packets(container: InputContainer, stream: VideoStream) -> "Iterator[Packet[Any] | None]":
    """The stream's packets; None at the end if the container could not be read on."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except FFmpegError:
            yield None
            return
        if packet.size:
            yield packet


def _without_lost_tail(file: Path, shown: list[int], keyframes: list[int]) -> list[int]:
    """Decode what follows the last keyframe of a file that was cut off, and keep what comes out."""
    if not keyframes:
        return shown
    last = max(keyframes)
    with open_container(str(file)) as container:
        stream = _stream(container, file)
        container.seek(last, stream=stream)
        decoded = {frame.pts for frame in decode(container, stream, Reading())}
    return [time for time in shown if time < last or time in decoded]


def _timeless(file: Path) -> UserError:
    return UserError(
        f"{file}: its frames have no timestamps of their own, so none could be found again exactly. "
        "Convert it to MP4."
    )
