"""Small videos, made with PyAV."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.functional import avg_pool2d

from tracknet_core.config.plan import Plan
from tracknet_core.config.schema import (
    DataConfig,
    DecoderConfig,
    EvaluationConfig,
    HeatmapConfig,
    OutputConfig,
    PreprocessConfig,
    SequenceConfig,
    TrackingConfig,
    TrainingConfig,
)
from tracknet_core.inference.frames import Frame
from tracknet_core.inference.predictor import Predictor
from tracknet_core.model.engines.pytorch import TorchEngine
from tracknet_core.model.engines.ready import ReadyRun

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
    def ball_at(number: int) -> tuple[int, int]:
        """Where the green ball is in picture ``number``: it flies to and fro."""
        return 8 + abs((number * 2) % 96 - 48), 20 + number % 5

    @classmethod
    def green_ball(cls, number: int, size: tuple[int, int] = (64, 48)) -> NDArray[np.uint8]:
        """A dark picture with a soft green ball."""
        image = np.zeros((size[1], size[0], 3), np.uint8)
        x, y = cls.ball_at(number)
        rows, columns = np.ogrid[: size[1], : size[0]]
        image[..., 1] = np.round(255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 18))
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
        ball: bool = False,
    ) -> Path:
        """Write a video, of numbered pictures or of a green ball, and return its path."""
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
                image = self.green_ball(number, size) if ball else self.picture(number, size)
                frame = av.VideoFrame.from_ndarray(image, "rgb24")
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


class CutFilm(Film):
    """Balls as those of ``Film``, in front of scenes that change at ``CUTS``."""

    CUTS = (20, 23, 50)

    @classmethod
    def green_ball(cls, number: int, size: tuple[int, int] = (64, 48)) -> NDArray[np.uint8]:
        """A red and blue scene with a soft green ball."""
        image = Film.green_ball(number, size)
        scene = np.random.default_rng(sum(number >= cut for cut in cls.CUTS))
        blocks = scene.integers(0, 100, (3, 4), np.uint8).repeat(16, axis=0).repeat(16, axis=1)
        image[..., 0], image[..., 2] = blocks, blocks[::-1, ::-1]
        return image


@pytest.fixture
def cut_film(tmp_path: Path) -> CutFilm:
    """Writes videos with cuts into the test's folder."""
    return CutFilm(tmp_path)


class GreenSpot(nn.Module):
    """A model that needs no training: its heatmap is how green a frame is, at half the size."""

    def __init__(self, frames: int, input_size: tuple[int, int]) -> None:
        super().__init__()
        self.frames = frames
        self.input_size = input_size
        self.heatmap_size = (input_size[0] // 2, input_size[1] // 2)
        self.windows = 0

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Map uint8 ``[B, T, 3, H, W]`` to logits ``[B, T, H / 2, W / 2]``."""
        self.windows += len(frames)
        red, green, blue = frames.float().unbind(2)
        return avg_pool2d((green - torch.maximum(red, blue)) / 255 * 16 - 8, 2)


@pytest.fixture
def green_predictor() -> Callable[..., Predictor]:
    """Return a function that makes a predictor which follows green spots."""

    def make(
        *,
        frames: int = 1,
        stride: int = 1,
        batch_size: int = 2,
        size: tuple[int, int] = (64, 48),
        tracking: TrackingConfig | None = None,
    ) -> Predictor:
        plan = Plan(
            model_name="green_spot",
            pretrained_model_name=None,
            seed=0,
            init_from=None,
            backbone=None,
            decoder=DecoderConfig(),
            heatmap=HeatmapConfig(size=(size[0] // 2, size[1] // 2)),
            adapter=None,
            quantizer=None,
            data=DataConfig(
                preprocess=PreprocessConfig(resize=size),
                sequence=SequenceConfig(enabled=True, length=frames, stride=stride),
            ),
            training=TrainingConfig(),
            evaluation=EvaluationConfig(),
            tracking=tracking or TrackingConfig(enabled=False),
            output=OutputConfig(),
        )
        model: Any = GreenSpot(frames, size)
        engine = TorchEngine(model=model, device=torch.device("cpu"))
        run = ReadyRun(engine=engine, plan=plan, threshold=0.5, directory=Path())
        return Predictor(run=run, batch_size=batch_size)

    return make
