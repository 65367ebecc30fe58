"""Frames from a video file or stream, with the container's own timestamps."""

from collections.abc import Iterator

from attrs import frozen
from av.video.frame import VideoFrame

from tracknet_core.config.problems import UserError
from tracknet_core.data.video.container import (
    Reading,
    beginning,
    decode,
    duration,
    open_container,
    upright,
    video_stream,
)
from tracknet_core.data.video.seeking import entry_before
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
        height, width = upright(first).shape[:2]
        rate = stream.average_rate or stream.guessed_rate
        count = stream.frames
    if seconds is not None and span.start >= seconds:
        raise UserError(f"{address}: --start {span.start:g} lies after the end; it is {seconds:.2f} s long.")
    return VideoSource(
        address=address,
        name=name,
        size=(width, height),
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
            origin = beginning(container)
            if entry is not None:
                container.seek(entry.offset, stream=stream)
            reading, number = Reading(), entry.number if entry else 0
            for picture, time in self._timed(decode(container, stream, reading), number):
                if self.live and number == 0:
                    origin = time
                if self.span.after(time - origin):
                    return
                if not self.span.before(time - origin):
                    yield self._frame(picture, number, time)
                number += 1
            fault = reading.fault(None if self.duration is None else origin + self.duration)
        if fault:
            raise SourceError(f"{self.address}: {fault}")

    def _timed(self, pictures: Iterator[VideoFrame], number: int) -> Iterator[tuple[VideoFrame, float]]:
        """Give each picture a time that is later than the one before.

        That is its timestamp, except where a stream has none or they run backwards, as those of
        H.264 in AVI may: there time counts on by the frame rate.
        """
        interval = 1 / (self.fps or NOMINAL_FPS)
        latest: float | None = None
        for picture in pictures:
            counted = number * interval if latest is None else latest + interval
            stamped = None if picture.pts is None else picture.time
            latest = counted if stamped is None or (latest is not None and stamped <= latest) else stamped
            yield picture, latest

    def _frame(self, picture: VideoFrame, number: int, time: float) -> Frame:
        image = upright(picture)
        height, width = image.shape[:2]
        if (width, height) != self.size:
            raise SourceError(
                f"{self.address}: at {time:.2f} s frames change from {self.size[0]}×{self.size[1]} to "
                f"{width}×{height}. What decoded before that was kept."
            )
        return Frame(index=number, time=time, image=image)
