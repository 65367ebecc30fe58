"""``<stem>_ball.mp4``: the source with the ball drawn on it, in its own time and with its sound.

Pictures are drawn as their points come. The trail is the ball's way in the last half second, paler
the longer ago; ring and trail have the colour of what a point is: ``drawing.COLOURS``.
"""

from collections import deque
from contextlib import nullcontext, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream
from numpy.typing import NDArray

from tracknet_core.inference.audio import AudioCopy
from tracknet_core.inference.drawing import draw_ball
from tracknet_core.inference.frames import FrameSource
from tracknet_core.inference.points import BallPoint
from tracknet_core.inference.video import NOMINAL_FPS, VideoSource
from tracknet_core.inference.writing import writing

UNIT = Fraction(1, 90000)
"""Clock of the video written, seconds; whole for all usual frame rates."""

TRAIL = 0.5
"""How long the trail stays, seconds."""


class Overlay:
    """Writes pictures as they come to a ``.part.mp4`` file, which :meth:`finish` puts in its place.

    The first frame is shown at zero, each further one as much later as in the source.

    Args:
        file: Where the finished video is to stand.
        source: What the pictures are from.
        begin: Time of the first of them in the source, seconds.

    Attributes:
        note: Why the sound is missing; None if it is not.
    """

    def __init__(self, file: Path, source: FrameSource, *, begin: float) -> None:
        self.file = file
        self.part = file.with_name(f"{file.stem}.part{file.suffix}")
        with writing(self.part):
            self._container = av.open(str(self.part), "w", format="mp4")
        self._video = _video_stream(self._container, source)
        audible = isinstance(source, VideoSource) and not source.live
        self._audio = AudioCopy(source.address, self._container, begin=begin) if audible else None
        self.note = self._audio.missing if self._audio else None
        self._interval = 1 / (source.fps or NOMINAL_FPS)
        self._begin = begin
        self._latest = -1
        self._trail: deque[BallPoint] = deque()
        self._open = True

    def add(self, point: BallPoint, image: NDArray[np.uint8] | None) -> None:
        """Draw and write the next frame: RGB ``[H, W, 3]``, which stays as it is.

        Where a frame did not decode (None), the one before it is shown for longer.
        """
        self._trail.append(point)
        while self._trail[0].time < point.time - TRAIL:
            self._trail.popleft()
        if image is None:
            return
        frame = av.VideoFrame.from_ndarray(_even(draw_ball(image, list(self._trail))), "rgb24")
        self._latest = max(self._latest + 1, round((point.time - self._begin) / UNIT))
        frame.pts, frame.time_base = self._latest, UNIT
        with writing(self.part):
            self._container.mux(self._video.encode(frame))
            if self._audio is not None:
                self._audio.until(point.time)

    def finish(self) -> None:
        """Complete the video and put it in its place."""
        with writing(self.part):
            self.close()
            self.part.replace(self.file)

    def close(self) -> None:
        """Complete the video, but leave it a part; closing again does nothing."""
        if not self._open:
            return
        self._open = False
        self._container.mux(self._video.encode(None))
        if self._audio is not None:
            self._audio.until(self._begin + float(self._latest * UNIT) + self._interval)
            self._audio.close()
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError, FFmpegError) if error else nullcontext():  # a full disk was told already
            self.close()


def _video_stream(container: OutputContainer, source: FrameSource) -> VideoStream:
    """Add a stream of H.264, or of MPEG-4 where this FFmpeg is built without x264."""
    rate = Fraction(source.fps or NOMINAL_FPS).limit_denominator(1001)
    if "libx264" in av.codecs_available:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "20", "preset": "veryfast"})
    else:
        stream = container.add_stream("mpeg4", rate=rate, options={"qscale": "3"})
    stream.width, stream.height = (side + side % 2 for side in source.size)
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = UNIT
    stream.codec_context.thread_type = "AUTO"
    return stream


def _even(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Repeat the last row and column where a side is odd, as 4:2:0 video demands even ones."""
    height, width = image.shape[:2]
    if not (height % 2 or width % 2):
        return image
    padded = cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    return np.asarray(padded, np.uint8)
