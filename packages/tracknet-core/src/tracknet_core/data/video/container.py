"""Reading video containers packet by packet, so that what is wrong with one is known and said."""

import heapq
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import av
import numpy as np
from attrs import define, field
from av.codec.context import ThreadType
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.sidedata.sidedata import SideData
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from tracknet_core.config.problems import UserError

TIMEOUT = (10.0, 30.0)
"""Longest wait for a stream to open and to send on, seconds."""

SLACK = 0.5
"""How much earlier than declared a video may end, seconds: containers round and count padding."""

FRAME_A_PACKET = frozenset({"h264", "hevc"})
"""Codecs of which each packet holds one frame that is shown, unless it holds a field."""


def open_container(address: str) -> AbstractContextManager[InputContainer]:
    """Open a file or URL for reading.

    Raises:
        UserError: It cannot be opened.
    """
    try:
        return av.open(address, timeout=TIMEOUT if "://" in address else None)
    except FFmpegError as error:
        raise UserError(
            f"{address}: not a video that can be opened ({error.strerror}). Give a video file that is "
            "whole, or a folder of pictures."
        ) from None


def video_stream(container: InputContainer, address: str) -> VideoStream:
    """Choose the container's main video stream and let it decode on all cores.

    Raises:
        UserError: There is none.
    """
    stream = container.streams.best("video")
    if not isinstance(stream, VideoStream):
        raise UserError(f"{address}: holds no video. Give a video file, or a folder of pictures.")
    stream.thread_type = "AUTO"
    return stream


def beginning(container: InputContainer) -> float:
    """Return the timestamp of the container's first stream to begin, in seconds."""
    return (container.start_time or 0) / av.time_base


def duration(container: InputContainer) -> float | None:
    """Return the declared duration in seconds; None if there is none."""
    if not container.duration:
        return None
    seconds = container.duration / av.time_base
    if "matroska" in container.format.name:  # which declares the end, counted from zero
        seconds -= max(0.0, beginning(container))
    return seconds


@define
class Reading:
    """How reading a container has gone so far.

    Attributes:
        end: When the latest packet of any stream ends, seconds; None before the first.
        cut: Whether the latest packet is known to be incomplete.
        decoded: Frames that decoded.
        lost: Packets that did not, after the first frame; a recording may begin between keyframes.
        broken: Why the container could not be read on; None if it could.
    """

    end: float | None = None
    cut: bool = False
    decoded: int = 0
    lost: int = 0
    broken: str | None = None
    _timed: bool = True
    _a_packet_is_a_frame: bool = False
    _expected: list[int] = field(factory=list)
    _latest: int | None = None
    _told: int = 0
    _due: int | None = None
    _given: int | None = None
    _entries: deque[tuple[int, int]] = field(factory=deque)

    def begin(self, container: InputContainer, stream: VideoStream) -> None:
        """Find out how far the timestamps of packets tell which frames there should be."""
        self._timed = container.format.name != "avi"  # which knows only the order of decoding
        self._a_packet_is_a_frame = self._timed and stream.codec_context.name in FRAME_A_PACKET

    def expect(self, packet: "Packet[Any]") -> None:
        """Remember when the frame of the next video packet is to be shown."""
        if packet.size and packet.pts is not None and not packet.is_discard:
            heapq.heappush(self._expected, packet.pts)
            self._due = packet.pts if self._due is None else max(self._due, packet.pts)
            if packet.is_keyframe and packet.dts is not None:
                self._entries.append((packet.pts, packet.dts))

    def give(self, frame: VideoFrame) -> None:
        """Remember how far frames have come, and from which keyframe decoding could go on there."""
        self._given = frame.pts
        while self._given is not None and len(self._entries) > 1 and self._entries[1][0] <= self._given:
            self._entries.popleft()

    @property
    def withheld(self) -> tuple[int, int] | None:
        """Where to look again for frames after the latest, if packets tell of any.

        Returns:
            The latest frame's timestamp and what to seek to, in units of the stream.
        """
        if not self._timed or self._given is None or self._due is None or not self._entries:
            return None
        return (self._given, self._entries[0][1]) if self._due > self._given else None

    def missing(self, frame: VideoFrame) -> list[int]:
        """Tell which frames should have come between the latest and this one, but did not decode.

        Where a packet need not be a frame, as with fields and hidden frames, they are no more than
        damaged packets there were.

        Returns:
            Their timestamps, in units of the stream, in order; each is told once.
        """
        before, self._latest = self._latest, frame.pts
        if frame.pts is None:
            self._expected.clear()
            return []
        passed = []
        while self._expected and self._expected[0] <= frame.pts:
            due = heapq.heappop(self._expected)
            if before is not None and before < due < frame.pts:
                passed.append(due)
        each = self._a_packet_is_a_frame and not frame.interlaced_frame
        missing = passed if each else passed[: self.lost - self._told]
        self._told += len(missing)
        self.lost = max(self.lost, self._told)
        return missing

    def note(self, packet: "Packet[Any]") -> None:
        """Take notice of the next packet."""
        if packet.size == 0:
            return
        self.cut = packet.is_corrupt
        if packet.pts is not None and packet.time_base:
            end = float((packet.pts + (packet.duration or 0)) * packet.time_base)
            self.end = end if self.end is None else max(self.end, end)

    def fault(self, declared_end: float | None) -> str | None:
        """Say in a sentence what went wrong; None if nothing did.

        Args:
            declared_end: Where the container says that it ends, seconds; None if it does not.
        """
        at = f"at {self.end:.2f} s" if self.end is not None else "at its beginning"
        if self.broken:
            return f"breaks off {at} ({self.broken}). What decoded before that was kept."
        if self.cut or (
            declared_end is not None and self.end is not None and self.end < declared_end - SLACK
        ):
            whole = "" if declared_end is None else f" of {declared_end:.2f} s"
            return f"ends early, {at}{whole}. What decoded was kept."
        if self.lost:
            return f"{self.lost} damaged packets did not decode. All frames that did were kept."
        return None


def decode(container: InputContainer, stream: VideoStream, reading: Reading) -> Iterator[VideoFrame]:
    """Decode every frame that can be, whatever stands between them; ``reading`` knows how it went."""
    for frame in _read_on(container, stream, reading):
        reading.give(frame)
        yield frame
    if reading.withheld and stream.codec_context.thread_type != ThreadType.NONE:
        yield from _withheld(container.name, *reading.withheld)


def _read_on(container: InputContainer, stream: VideoStream, reading: Reading) -> Iterator[VideoFrame]:
    reading.begin(container, stream)
    packets = container.demux()
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except FFmpegError as error:
            reading.broken = error.strerror
            yield from _decoded(stream, None, reading)
            return
        reading.note(packet)
        if packet.stream_index == stream.index:
            reading.expect(packet)
            yield from _decoded(stream, packet, reading)


def _withheld(address: str, latest: int, entry: int) -> Iterator[VideoFrame]:
    """Decode the end of a file that was cut off once more, by one thread.

    Where its last packet does not decode, several threads also lose the frames before it that
    still wait for their turn to be shown.

    Args:
        address: Of the container; what is no file cannot be read again.
        latest: Timestamp of the last frame that several threads gave, in units of the video stream.
        entry: What to seek to, in the same units.
    """
    if not Path(address).is_file():
        return
    with open_container(address) as container:
        stream = video_stream(container, address)
        stream.thread_type = "NONE"
        container.seek(entry, stream=stream)
        for frame in _read_on(container, stream, Reading()):
            if frame.pts is not None and frame.pts > latest:
                yield frame


def _decoded(stream: VideoStream, packet: "Packet[Any] | None", reading: Reading) -> list[VideoFrame]:
    try:
        frames = stream.decode(packet)
    except FFmpegError:
        reading.lost += reading.decoded > 0
        return []
    reading.decoded += len(frames)
    return frames


@define
class Upright:
    """Turns the frames of one video as they are meant to be seen.

    The display matrix is looked up only when the frames' rotation changes: a frame whose side data
    were touched is part of a reference cycle, and some hundred large frames would stay in memory
    until Python's collector finds them.
    """

    _rotation: int | None = None
    _matrix: tuple[int, int, int, int] = (1, 0, 0, 1)

    def __call__(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """Return the RGB picture ``[H, W, 3]``, turned and mirrored.

        The matrix maps (x, y) to (a·x + c·y, b·x + d·y); of it, quarter turns and mirrors count.
        """
        if frame.rotation != self._rotation:
            self._rotation, self._matrix = frame.rotation, _display_matrix(frame)
        image = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
        a, b, c, d = self._matrix
        if abs(b) > abs(a):
            image, a, d = image.transpose(1, 0, 2), c, b
        return np.ascontiguousarray(image[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1])


def upright_size(frame: VideoFrame) -> tuple[int, int]:
    """Return width and height of a frame as it is meant to be seen, px."""
    a, b, _, _ = _display_matrix(frame)
    return (frame.height, frame.width) if abs(b) > abs(a) else (frame.width, frame.height)


def _display_matrix(frame: VideoFrame) -> tuple[int, int, int, int]:
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if not isinstance(matrix, SideData):
        return 1, 0, 0, 1
    a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32)[:5].tolist()
    return a, b, c, d
