"""A trained model that follows the ball through a source, frame by frame, in bounded memory."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import torch
from attrs import define, frozen
from numpy.typing import NDArray

from tracknet_core.config.problems import RunError, UserError
from tracknet_core.data.geometry import PictureMap
from tracknet_core.inference.background import ahead
from tracknet_core.inference.frames import FrameSource, SourceError
from tracknet_core.inference.points import BallPoint
from tracknet_core.inference.sources import open_source
from tracknet_core.model.checkpoint import LoadedRun, load_checkpoint
from tracknet_core.model.detection import Detector
from tracknet_core.tracking.track import OnlineTracker, TrackPoint

AHEAD = 8
"""Frames decoded and resized ahead of the model."""

BATCH_SIZE = {"cpu": 4, "cuda": 16}
"""Windows in one forward, where nobody says otherwise."""


Followed = tuple[BallPoint, NDArray[np.uint8] | None]
"""A point and the picture it lies in, where that was asked for."""


@frozen(kw_only=True, eq=False)
class _Picture:
    """A frame on its way: what the model sees, and the original where somebody draws on it."""

    index: int
    time: float
    small: NDArray[np.uint8]
    image: NDArray[np.uint8] | None


@define
class _Feed:
    """Frames of a source, resized; ``fault`` is why they ended early, once they have."""

    source: FrameSource
    picture: PictureMap
    keep_images: bool
    fault: SourceError | None = None

    def __iter__(self) -> Iterator[_Picture]:
        try:
            for frame in self.source:
                yield _Picture(
                    index=frame.index,
                    time=frame.time,
                    small=self.picture.warp(frame.image),
                    image=frame.image if self.keep_images else None,
                )
        except SourceError as fault:
            self.fault = fault


def load(run: str | Path, *, device: str = "auto", batch_size: int | None = None) -> "Predictor":
    """Load a trained run, ready to follow balls.

    Args:
        run: Folder of a run, whose best checkpoint is taken, or of one checkpoint.
        device: ``cpu``, ``cuda`` (or ``cuda:1`` …), or ``auto`` for a GPU where there is one.
        batch_size: Windows in one forward; by default 16 on a GPU and 4 elsewhere.

    Raises:
        UserError: There is no usable checkpoint, or no such device.
    """
    chosen = _device(device)
    loaded = load_checkpoint(Path(run))
    loaded.model.to(chosen)
    return Predictor(run=loaded, device=chosen, batch_size=batch_size or BATCH_SIZE.get(chosen.type, 4))


@frozen(kw_only=True, eq=False)
class Predictor:
    """Follows the ball through videos with one trained run.

    Attributes:
        run: The model, on ``device``, and the plan it was trained by.
        device: Where it computes.
        batch_size: Windows in one forward.
    """

    run: LoadedRun
    device: torch.device
    batch_size: int

    def track(
        self, source: str | Path | FrameSource, *, start: float | None = None, end: float | None = None
    ) -> Iterator[BallPoint]:
        """Follow the ball; points come while the source is read.

        Args:
            source: What ``open_source`` takes, or any source of frames.
            start: Seconds from the beginning to the first frame wanted; only with a name.
            end: Seconds from the beginning to the end; only with a name.

        Yields:
            One point for every frame, in order.

        Raises:
            UserError: The source does not exist or does not decode.
            SourceError: It ended early; every frame before that has had its point.
        """
        if isinstance(source, str | Path):
            source = open_source(source, start=start, end=end)
        with closing(self.follow(source)) as followed:
            for point, _ in followed:
                yield point

    def follow(self, source: FrameSource, *, keep_images: bool = False) -> Generator[Followed]:
        """Follow the ball as ``track`` does; with each point comes its picture if it is kept.

        Points lag behind the frames by the batch and by ``tracking.max_gap`` frames; so many
        pictures are in memory at a time, whatever the length of the source.
        """
        plan = self.run.plan
        picture = PictureMap(source.size, plan.data.preprocess.resize, plan.data.preprocess.fit)
        tracker = OnlineTracker(
            config=plan.tracking, threshold=self.run.threshold, size=source.size, fps=source.fps
        )
        detector = Detector.of(self.run.model, plan, device=self.device, batch_size=self.batch_size)
        feed = _Feed(source, picture, keep_images)
        waiting: deque[_Picture] = deque()

        def told(points: Iterable[TrackPoint]) -> Iterator[Followed]:
            for point in points:
                frame = waiting.popleft()
                yield _point(point, frame, source.size), frame.image

        with closing(ahead(feed, AHEAD)) as frames:
            try:
                for found in detector.detect(_noted(frames, waiting), fps=source.fps):
                    xy = picture.to_source(found.xy)
                    yield from told(tracker.push(found.number, xy, found.score))
            except torch.OutOfMemoryError:
                raise RunError(
                    f"Out of memory with {self.batch_size} windows in a batch. Use a smaller --batch-size."
                ) from None
            yield from told(tracker.flush())
        if feed.fault is not None:
            raise feed.fault


def _noted(frames: Iterable[_Picture], waiting: "deque[_Picture]") -> Iterator[NDArray[np.uint8]]:
    for frame in frames:
        waiting.append(frame)
        yield frame.small


def _point(point: TrackPoint, frame: _Picture, size: tuple[int, int]) -> BallPoint:
    xy = point.xy
    if xy is not None:  # a curve through a gap, or half a pixel at the edge, may lead outside
        xy = min(max(xy[0], 0.0), size[0] - 1.0), min(max(xy[1], 0.0), size[1] - 1.0)
    return BallPoint(frame=frame.index, time=frame.time, xy=xy, score=point.score, source=point.source)


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise UserError(
            f"--device {name}: no such kind of device. Give cpu, cuda, cuda:1 … or auto."
        ) from None
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise UserError(f"--device {name}: no such GPU is usable here. Give --device cpu.")
    return device
