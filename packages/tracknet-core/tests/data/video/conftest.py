"""Small videos whose frames tell their numbers, made with PyAV."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

UNIT = Fraction(1, 90000)

Film = Callable[..., Path]


def picture(number: int, size: tuple[int, int] = (64, 48)) -> NDArray[np.uint8]:
    """A grey picture, brighter with its number (0 to 49), with red in its upper left corner."""
    image = np.full((size[1], size[0], 3), 5 * number, np.uint8)
    image[: size[1] // 4, : size[0] // 4] = (255, 0, 0)
    return image


def number_of(image: NDArray[np.uint8]) -> int:
    """The number that a picture tells."""
    return round(float(image[image.shape[0] // 2, image.shape[1] // 2].mean()) / 5)


@pytest.fixture
def film(tmp_path: Path) -> Film:
    """Write a video of numbered pictures and return its path.

    Arguments: ``name``, then by keyword ``times`` (seconds; 40 at 30 fps), ``codec``, ``options`` of the
    encoder over those of a keyframe every 10 frames, ``rotation`` in degrees, ``size``.
    """

    def write(
        name: str = "clip.mp4",
        *,
        times: Sequence[float] = tuple(i / 30 for i in range(40)),
        codec: str = "libx264",
        options: Mapping[str, str] | None = None,
        rotation: float | None = None,
        size: tuple[int, int] = (64, 48),
    ) -> Path:
        file = tmp_path / name
        head = {"movflags": "faststart"} if file.suffix in {".mp4", ".mov"} else {}
        with av.open(str(file), "w", options=head) as container:
            x264 = {"preset": "ultrafast", "crf": "1", "sc_threshold": "0"} if codec == "libx264" else {}
            stream = container.add_stream(codec, rate=30, options=x264 | dict(options or {}))
            stream.width, stream.height = size
            stream.pix_fmt = "yuv420p"
            stream.codec_context.time_base = UNIT
            stream.gop_size = 10
            if rotation is not None:
                stream.set_display_rotation(rotation)
            for number, time in enumerate(times):
                frame = av.VideoFrame.from_ndarray(picture(number, size), "rgb24")
                frame.pts, frame.time_base = round(time / UNIT), UNIT
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return file

    return write


@pytest.fixture
def number() -> Callable[[NDArray[np.uint8]], int]:
    """Read the number that a picture tells."""
    return number_of


@pytest.fixture
def recut(tmp_path: Path) -> Callable[..., Path]:
    """Copy the packets of a video from the n-th keyframe on, or from the n-th packet, into a file."""

    def copy(source: Path, name: str, *, keyframe: int = 0, packet: int = 0) -> Path:
        with av.open(str(source)) as container, av.open(str(tmp_path / name), "w") as output:
            stream = output.add_stream_from_template(container.streams.video[0])
            keyframes = -1
            for place, each in enumerate(container.demux(video=0)):
                keyframes += each.is_keyframe
                if each.size and keyframes >= keyframe and place >= packet:
                    each.stream = stream
                    output.mux(each)
        return tmp_path / name

    return copy
