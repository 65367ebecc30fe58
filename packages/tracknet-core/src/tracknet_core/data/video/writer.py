"""Pictures to an H.264 MP4 whose bytes depend on the pictures alone."""

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray


class VideoWriter:
    """Encodes pictures one by one; a context manager that finishes the file."""

    def __init__(self, file: Path, size: tuple[int, int], fps: float, quality: int) -> None:
        """Start a video.

        Args:
            file: Where to write, whatever its suffix.
            size: Width and height, px. If both are even, chroma is halved, as players expect.
            fps: Frames per second.
            quality: x264's constant rate factor; lower is better and larger.
        """
        self._container = av.open(file, "w", format="mp4", options={"fflags": "+bitexact"})
        # One thread, since x264 chooses differently with their number; and without cpu-independent
        # its fastest routines gave other bytes now and then for the very same pictures.
        options = {
            "preset": "veryfast",
            "crf": str(quality),
            "threads": "1",
            "flags": "+bitexact",
            "x264-params": "cpu-independent=1",
        }
        rate = Fraction(fps).limit_denominator(1001)
        self._stream = self._container.add_stream("libx264", rate=rate, options=options)
        self._stream.width, self._stream.height = size
        self._format = "yuv444p" if size[0] % 2 or size[1] % 2 else "yuv420p"
        self._stream.pix_fmt = self._format
        self._stream.codec_context.colorspace = Colorspace.ITU709
        self._stream.codec_context.color_range = ColorRange.MPEG

    def add(self, picture: NDArray[np.uint8]) -> None:
        """Encode the next picture, [H, W, 3], RGB."""
        frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(
            format=self._format, dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG, threads=1
        )
        self._container.mux(self._stream.encode(frame))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._container.mux(self._stream.encode(None))
        self._container.close()
