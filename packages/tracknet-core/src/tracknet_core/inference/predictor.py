"""A trained model that follows the ball through a source, frame by frame, in bounded memory."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from functools import cached_property
from math import ceil
from pathlib import Path

import numpy as np
import torch
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.config.problems import RunError
from tracknet_core.inference.focus import Focus, Region
from tracknet_core.inference.frames import FrameSource, StoredSource
from tracknet_core.inference.points import BallPoint
from tracknet_core.inference.record import Record
from tracknet_core.inference.resume import recorded
from tracknet_core.inference.search import Search
from tracknet_core.inference.sighting import Sighting
from tracknet_core.inference.sources import open_source
from tracknet_core.model.checkpoint import digest_of
from tracknet_core.model.detection import Detector
from tracknet_core.model.engines.engine import batch_size_on
from tracknet_core.model.engines.ready import ReadyRun, make_ready
from tracknet_core.tracking.track import OnlineTracker, TrackPoint

WHOLE = Focus()
"""The whole picture, as one."""

Followed = tuple[BallPoint, NDArray[np.uint8] | None]
"""A point and the picture it lies in, where that was asked for."""


def load(
    run: str | Path, *, engine: str | None = None, device: str = "auto", batch_size: int | None = None
) -> "Predictor":
    """Load a trained run, ready to follow balls.

    Args:
        run: Folder of a run, whose best checkpoint is taken, of one checkpoint, or of an export
            for one of the engines.
        engine: ``torch``, or ``onnx`` or ``openvino`` for the export of that format that lies in
            the run's folder; None takes torch, or for the folder of an export its own.
        device: ``cpu``, ``cuda`` (or ``cuda:1`` …), or ``auto`` for a GPU where the engine has one.
        batch_size: Windows in one forward; by default 16 on a GPU and 4 elsewhere.

    Raises:
        UserError: There is no usable checkpoint, engine, export or device of that name.
    """
    ready = make_ready(Path(run), engine=engine, device=device)
    return Predictor(run=ready, batch_size=batch_size or batch_size_on(ready.engine.device))


@frozen(kw_only=True, eq=False)
class Predictor:
    """Follows the ball through videos with one trained run.

    Attributes:
        run: What runs the model, and the plan it was trained by.
        batch_size: Windows in one forward.
    """

    run: ReadyRun
    batch_size: int

    @cached_property
    def checkpoint_digest(self) -> str:
        """sha256 of the checkpoint's files, read once, however many sources there are."""
        return digest_of(self.run.directory)

    def track(
        self,
        source: str | Path | FrameSource,
        *,
        start: float | None = None,
        end: float | None = None,
        region: Region | None = None,
        tiles: tuple[int, int] = (1, 1),
    ) -> Iterator[BallPoint]:
        """Follow the ball; points come while the source is read.

        Args:
            source: What ``open_source`` takes, or any source of frames.
            start: Seconds from the beginning to the first frame wanted; only with a name.
            end: Seconds from the beginning to the end; only with a name.
            region: Left, upper, width and height of the part of the picture to look at, source px;
                None for all. Points are in pixels of the whole picture all the same.
            tiles: Columns and rows of overlapping tiles to cut that part into; each goes through
                the model at its full input size, so that a small ball is larger there.

        Yields:
            One point for every frame, in order.

        Raises:
            UserError: The source does not exist or does not decode, or the region lies outside it.
            SourceError: It ended early; every frame before that has had its point.
        """
        if isinstance(source, str | Path):
            source = open_source(source, start=start, end=end)
        with closing(self.follow(source, focus=Focus(region=region, tiles=tiles))) as followed:
            for point, _ in followed:
                yield point

    def follow(
        self,
        source: FrameSource,
        *,
        focus: Focus = WHOLE,
        keep_images: bool = False,
        record: Record | None = None,
    ) -> Generator[Followed]:
        """Follow the ball as ``track`` does; with each point comes its picture if it is kept.

        Points lag behind the frames by ``tracking.max_gap`` frames and by the batches that the engine
        has before it: a single one for a live source, else as many as keep it busy. So many pictures
        are in memory at a time, whatever the length of the source.

        Args:
            source: What to look at.
            focus: Which part of the picture to look at.
            keep_images: Whether to hand on the pictures.
            record: What is known of the source already, if anything, and where to add to it.
        """
        plan, views = self.run.plan, focus.views(source.size, self.run.plan.data.preprocess)
        search = Search(
            detector=Detector.over(
                self.run.engine,
                plan,
                batch_size=self.batch_size,
                in_flight=1 if source.live else self._in_flight(len(views)),
            ),
            views=views,
            fps=source.fps,
            keep_images=keep_images,
        )
        if record is not None and isinstance(source, StoredSource):
            sightings = recorded(source, search, record)
        else:
            sightings = search.sightings(source)
        with closing(self._followed(source, sightings)) as followed:
            try:
                yield from followed
            except torch.OutOfMemoryError:
                raise RunError(
                    f"Out of memory with {self.batch_size} windows in a batch. Use a smaller --batch-size."
                ) from None
        if search.fault is not None:
            raise search.fault

    def _in_flight(self, views: int) -> int:
        """Batches of each view on their way: together they keep the engine busy and one more waits."""
        return max(2, ceil((self.run.engine.concurrent + 1) / views))

    def _followed(self, source: FrameSource, sightings: Generator[Sighting]) -> Generator[Followed]:
        tracker = OnlineTracker(
            config=self.run.plan.tracking, threshold=self.run.threshold, size=source.size, fps=source.fps
        )
        waiting: deque[Sighting] = deque()

        def told(points: Iterable[TrackPoint]) -> Iterator[Followed]:
            for point in points:
                frame = waiting.popleft()
                yield _point(point, frame, source.size), frame.image

        with closing(sightings):
            for number, sighting in enumerate(sightings):
                waiting.append(sighting)
                points = tracker.push(
                    number, sighting.xy, sighting.score, time=sighting.time, cut=sighting.cut
                )
                yield from told(points)
            yield from told(tracker.flush())


def _point(point: TrackPoint, frame: Sighting, size: tuple[int, int]) -> BallPoint:
    xy = point.xy
    if xy is not None:  # a curve through a gap, or half a pixel at the edge, may lead outside
        xy = min(max(xy[0], 0.0), size[0] - 1.0), min(max(xy[1], 0.0), size[1] - 1.0)
    return BallPoint(frame=frame.index, time=frame.time, xy=xy, score=point.score, source=point.source)
