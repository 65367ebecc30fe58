"""Frames from a video file or stream, with the container's own timestamps."""

from collections.abc import Iterator
from pathlib import Path

from attrs import frozen
from av.video.frame import VideoFrame

from tracknet_core.config.problems import UserError
from tracknet_core.data.video.container import (
    Reading,
    Upright,
    beginning,
    decode,
    duration,
    open_container,
    upright_size,
    video_stream,
)
from tracknet_core.data.video.seeking import entry_before, place_before
from tracknet_core.inference.frames import Frame, SourceError, Span

NOMINAL_FPS = 25.0
"""Frame rate of raw streams that carry neither timestamps nor a rate, as FFmpeg assumes it."""


def open_video(address: str, *, name: str, span: Span) -> "VideoSource":
    """Decode the first frame, to see that there is one and what the container says of the rest.

    Args:
        address: Path or URL.
        name: What result files are called after.
        span: The part wanted.

    Raises:
        UserError: It cannot be opened, holds no video, nothing of it decodes, or the span begins
            after its end.
    """
    with open_container(address) as container:
        stream = video_stream(container, address)
        seconds = duration(container)
        first = next(decode(container, stream, Reading()), None)
        if first is None:
            raise UserError(
                f"{address}: no frame of it decodes. It is damaged, or was not written to its end."
            )
        size = upright_size(first)
        rate = stream.average_rate or stream.guessed_rate
        count = stream.frames
    if seconds is not None and span.start >= seconds:
        raise UserError(f"{address}: --start {span.start:g} lies after the end; it is {seconds:.2f} s long.")
    return VideoSource(
        address=address,
        name=name,
        size=size,
        fps=float(rate) if rate else None,
        duration=seconds,
        count=count or None,
        live="://" in address and seconds is None,
        span=span,
    )


@frozen(kw_only=True)
class VideoSource:
    """A video file or stream; see ``FrameSource``.

    The span counts from the beginning of the container, as players do, while a frame's time is
    its presentation timestamp as it stands. They differ where a container begins later than zero.

    Attributes:
        fps: Average rate, which may vary; None when unknown.
        duration: What the container declares, seconds; None when it does not.
        count: Number of frames that the container declares; None when it does not.
    """

    address: str
    name: str
    size: tuple[int, int]
    fps: float | None
    duration: float | None
    count: int | None
    live: bool
    span: Span

    @property
    def length(self) -> int | None:
        """How many frames are expected in the span."""
        if self.span == Span() and self.count is not None:
            return self.count
        if self.duration is None or self.fps is None:
            return None
        return round(self.span.seconds(self.duration) * self.fps)

    def __iter__(self) -> Iterator[Frame]:
        entry = None if self.live or self.span.start == 0 else entry_before(self.address, self.span.start)
        with open_container(self.address) as container:
            stream = video_stream(container, self.address)
            if entry is not None:
                container.seek(entry.offset, stream=stream)
            reading = Reading()
            pictures = decode(container, stream, reading)
            numbered = self._numbered(pictures, reading, number=entry.number if entry else 0)
            yield from self._in_span(numbered, reading, beginning(container))

    def fingerprint(self) -> str | None:
        """Return the file's size and when it was written; None for what comes over a network."""
        file = Path(self.address)
        if not file.is_file():
            return None
        facts = file.stat()
        return f"{facts.st_size} bytes of {facts.st_mtime_ns}"

    def after(self, index: int, time: float) -> Iterator[Frame]:
        """Read on after a frame: from the keyframe before it, where the file can be entered there."""
        with open_container(self.address) as container:
            stream, origin = video_stream(container, self.address), beginning(container)
            reading = Reading()
            pictures = decode(container, stream, reading)
            offset = place_before(self.address, time - origin)
            if offset is not None:
                container.seek(offset, stream=stream)
                if _pass(pictures, reading, time):
                    numbered = self._numbered(pictures, reading, number=index + 1, latest=time)
                    yield from self._in_span(numbered, reading, origin)
                    return
        yield from (frame for frame in self if frame.index > index)

    def _in_span(
        self, frames: "Iterator[tuple[int, float, VideoFrame | None]]", reading: Reading, origin: float
    ) -> Iterator[Frame]:
        """Give the frames that lie in the span; say at the end what was wrong with the container."""
        upright = Upright()
        for number, time, picture in frames:
            if self.live and number == 0:
                origin = time
            if self.span.after(time - origin):
                return
            if not self.span.before(time - origin):
                yield self._frame(picture, number, time, upright)
        fault = reading.fault(None if self.duration is None else origin + self.duration)
        if fault:
            raise SourceError(f"{self.address}: {fault}")

    def _numbered(
        self,
        pictures: Iterator[VideoFrame],
        reading: Reading,
        *,
        number: int,
        latest: float | None = None,
    ) -> "Iterator[tuple[int, float, VideoFrame | None]]":
        """Give each picture a number and a time that is later than ``latest``, the one before.

        The time is its timestamp, except where a stream has none or they run backwards, as those
        of H.264 in AVI may: there time counts on by the frame rate. Frames that do not decode have
        their number and time too, so that the numbers are the container's.
        """
        interval = 1 / (self.fps or NOMINAL_FPS)
        for picture in pictures:
            for pts in reading.missing(picture):
                lost = float(pts * (picture.time_base or 0))
                if latest is not None and latest < lost:
                    yield number, lost, None
                    number, latest = number + 1, lost
            counted = number * interval if latest is None else latest + interval
            stamped = None if picture.pts is None else picture.time
            latest = counted if stamped is None or (latest is not None and stamped <= latest) else stamped
            yield number, latest, picture
            number += 1

    def _frame(self, picture: VideoFrame | None, number: int, time: float, upright: Upright) -> Frame:
        if picture is None:
            return Frame(index=number, time=time, image=None)
        image = upright(picture)
        height, width = image.shape[:2]
        if (width, height) != self.size:
            raise SourceError(
                f"{self.address}: at {time:.2f} s frames change from {self.size[0]}×{self.size[1]} to "
                f"{width}×{height}. What decoded before that was kept."
            )
        return Frame(index=number, time=time, image=image)


def _pass(pictures: Iterator[VideoFrame], reading: Reading, time: float) -> bool:
    """Read up to and including the picture of this very time; False where there is none."""
    for picture in pictures:
        reading.missing(picture)
        if picture.pts is None or picture.time is None or picture.time > time:
            return False
        if picture.time == time:
            return True
    return False
