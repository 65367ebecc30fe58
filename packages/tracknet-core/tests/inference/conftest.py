"""Small videos, made with PyAV."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tracknet_core.inference.frames import Frame

UNIT = Fraction(1, 90000)


class Film:
    """Writes and reads videos whose frames tell their numbers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @staticmethod
    def picture(number: int, size: tuple[int, int] = (64, 48)) -> NDArray[np.uint8]:
        """A grey picture whose brightness tells its number (0 to 24), with red in its upper left corner."""
        width, height = size
        image = np.full((height, width, 3), 10 * (number % 25), np.uint8)
        image[: height // 4, : width // 4] = (255, 0, 0)
        return image

    @staticmethod
    def numbers(frames: Iterable[Frame]) -> list[int]:
        """The numbers of the pictures, from the brightness of their centres."""
        centres = [frame.image[frame.image.shape[0] // 2, frame.image.shape[1] // 2] for frame in frames]
        return [round(float(centre.mean()) / 10) for centre in centres]

    def __call__(
        self,
        name: str = "clip.mp4",
        times: Sequence[float] = tuple(i / 30 for i in range(20)),
        *,
        size: tuple[int, int] = (64, 48),
        rotation: float | None = None,
        audio: str | None = None,
        keyframe_every: int = 5,
        b_frames: int = 0,
    ) -> Path:
        """Write a video and return its path."""
        file = self.folder / name
        options = {"movflags": "faststart"} if file.suffix in {".mp4", ".mov"} else {}
        with av.open(str(file), "w", options=options) as container:
            codec = {"crf": "1", "preset": "ultrafast", "sc_threshold": "0", "bf": str(b_frames)}
            video = container.add_stream("libx264", rate=30, options=codec)
            video.width, video.height = size
            video.pix_fmt = "yuv444p"
            video.codec_context.time_base = UNIT
            video.gop_size = keyframe_every
            if rotation is not None:
                video.set_display_rotation(rotation)
            sound = container.add_stream(audio, rate=48000, layout="mono") if audio else None
            for number, time in enumerate(times):
                frame = av.VideoFrame.from_ndarray(self.picture(number, size), "rgb24")
                frame.pts, frame.time_base = round(time / UNIT), UNIT
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
            if sound is not None:
                for start in range(0, round(times[-1] * 48000), 960):
                    wave = np.sin(np.arange(start, start + 960) / 20, dtype=np.float32)[None] * 0.5
                    chunk = av.AudioFrame.from_ndarray(wave, "fltp", "mono")
                    chunk.rate, chunk.pts, chunk.time_base = 48000, start, Fraction(1, 48000)
                    container.mux(sound.encode(chunk))
                container.mux(sound.encode(None))
        return file


@pytest.fixture
def film(tmp_path: Path) -> Film:
    """Writes videos into the test's folder."""
    return Film(tmp_path)
