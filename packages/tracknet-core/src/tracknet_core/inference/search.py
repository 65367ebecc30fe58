"""From frames to candidates: every view of a frame goes through the model, and one list comes out."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from typing import TypeVar

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray

from tracknet_core.inference.background import ahead
from tracknet_core.inference.focus import View, merge
from tracknet_core.inference.frames import Frame, SourceError
from tracknet_core.inference.sighting import Sighting
from tracknet_core.model.cuts import Views, mark_cuts
from tracknet_core.model.detection import Detector

AHEAD = 8
"""Frames decoded and resized ahead of the model."""

T = TypeVar("T")


@frozen(kw_only=True, eq=False)
class _Picture:
    """A frame on its way: what the model sees of it, and the original where somebody draws on it."""

    index: int
    time: float
    views: Views
    image: NDArray[np.uint8] | None


@define(kw_only=True)
class Search:
    """Looks for candidates in frames.

    Attributes:
        detector: What finds them.
        views: The parts of the picture to look at.
        fps: Frames per second of the source; None when unknown.
        keep_images: Whether sightings come with their pictures.
        fault: Why the frames ended early, once they have; else None.
    """

    detector: Detector
    views: tuple[View, ...]
    fps: float | None
    keep_images: bool = False
    fault: SourceError | None = field(init=False, default=None)

    def sightings(self, frames: Iterable[Frame]) -> Generator[Sighting]:
        """Yield one entry for each frame, in order, some frames late.

        Frames are decoded and resized ahead in a thread; a bounded number of them is in memory.

        Raises:
            torch.OutOfMemoryError: A batch does not fit into the GPU's memory.
        """
        near = self.views[0].near(self.detector.engine.heatmap_size)
        waiting: deque[_Picture] = deque()
        with closing(ahead(self._pictures(frames), AHEAD)) as pictures:
            marked = mark_cuts(_seen(pictures, waiting))
            streams = _split((tuple((view, cut) for view in views) for views, cut in marked), len(self.views))
            detections = (self.detector.detect(stream, fps=self.fps) for stream in streams)
            for found in zip(*detections, strict=True):
                yield from _lost(waiting)
                picture = waiting.popleft()
                places = [view.to_source(each.xy) for view, each in zip(self.views, found, strict=True)]
                xy, score = merge(self.views, places, [each.score for each in found], near)
                yield Sighting(
                    index=picture.index,
                    time=picture.time,
                    xy=xy,
                    score=score,
                    cut=found[0].cut,
                    image=picture.image,
                )
            yield from _lost(waiting)

    def _pictures(self, frames: Iterable[Frame]) -> Iterator[_Picture]:
        try:
            for frame in frames:
                image = frame.image
                yield _Picture(
                    index=frame.index,
                    time=frame.time,
                    views=() if image is None else tuple(view.warp(image) for view in self.views),
                    image=image if self.keep_images else None,
                )
        except SourceError as fault:
            self.fault = fault


def _seen(pictures: Iterable[_Picture], waiting: "deque[_Picture]") -> Iterator[Views]:
    """Let every picture wait for its candidates; those that did not decode are not shown to the model."""
    for picture in pictures:
        waiting.append(picture)
        if picture.views:
            yield picture.views


def _lost(waiting: "deque[_Picture]") -> Iterator[Sighting]:
    """Take the pictures that did not decode from the beginning of those that wait."""
    while waiting and not waiting[0].views:
        picture = waiting.popleft()
        yield Sighting(
            index=picture.index, time=picture.time, xy=np.empty((0, 2)), score=np.empty(0), lost=True
        )


def _split(items: Iterable[tuple[T, ...]], count: int) -> list[Iterator[T]]:
    """Turn one stream of tuples into ``count`` streams; what one of them has not read yet is kept."""
    source = iter(items)
    queues: list[deque[T]] = [deque() for _ in range(count)]

    def stream(own: "deque[T]") -> Iterator[T]:
        while True:
            if not own:
                item = next(source, None)
                if item is None:
                    return
                for queue, part in zip(queues, item, strict=True):
                    queue.append(part)
                del item, part
            yield own.popleft()

    return [stream(queue) for queue in queues]
