"""From candidates in every frame to one point a frame."""

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray

from tracknet_core.config.schema import TrackingConfig
from tracknet_core.tracking.gaps import NEAR, Moment, was_missed, way_through
from tracknet_core.tracking.kalman import Array, MotionModel
from tracknet_core.tracking.paths import Node, Paths

if TYPE_CHECKING:
    from tracknet_core.model.detection import ClipDetections

USUAL_FPS = 30.0
"""Frames per second of footage that does not say, such as folders of pictures."""

LONGER = 2
"""How many times as long as usual the frames of a gap may last where a recording lost some."""


@frozen(kw_only=True)
class TrackPoint:
    """Where the ball is in one frame.

    Attributes:
        frame: Number of the frame.
        xy: Position in source pixel indices; None where no ball is seen.
        score: Score of the detection; 0 where there is none, in interpolated points too.
        source: ``detected`` at or above the threshold; ``tracked`` below it, but where the motion
            leads; ``interpolated`` in a gap of the track; None where no ball is seen.
    """

    frame: int
    xy: tuple[float, float] | None = None
    score: float = 0.0
    source: Literal["detected", "tracked", "interpolated"] | None = None


def track_clip(
    detections: "ClipDetections",
    config: TrackingConfig,
    *,
    threshold: float,
    size: tuple[int, int],
    fps: float | None = None,
    times: Sequence[float] | None = None,
) -> list[TrackPoint]:
    """Track a ball through a whole clip, exactly as :class:`OnlineTracker` does frame by frame.

    Args:
        detections: Candidates of every frame, source pixel indices.
        config: The ``tracking:`` section.
        threshold: Smallest score of a confident detection.
        size: Width and height of the source, px.
        fps: Frames per second; None when unknown.
        times: When each frame is shown, seconds; None where frames come at one rate.

    Returns:
        One point a frame, in order.
    """
    tracker = OnlineTracker(config=config, threshold=threshold, size=size, fps=fps)
    points = []
    for frame, (xy, score, cut) in enumerate(
        zip(detections.xy, detections.score, detections.cut, strict=True)
    ):
        points += tracker.push(frame, xy, score, time=None if times is None else times[frame], cut=bool(cut))
    return points + tracker.flush()


@define(kw_only=True)
class OnlineTracker:
    """Turns candidates into a track while frames arrive, at most ``max_gap`` frames late.

    A confident detection starts a track; one that the motion cannot explain is left out only when
    the track goes on without it. Weaker candidates continue a track where its motion leads. A gap
    of at most ``max_gap`` frames is filled once the track resumes along the same motion; with
    ``fill: missed`` only if the ball was probably missed in it, not hidden (see
    :func:`~tracknet_core.tracking.gaps.was_missed`). Longer ones stay empty. A cut of the camera
    ends all tracks. With tracking disabled, each frame's best candidate is taken, at once, if its
    score reaches the threshold.

    Attributes:
        config: The ``tracking:`` section.
        threshold: Smallest score of a confident detection.
        size: Width and height of the source, px.
        fps: Frames per second, on average; None when unknown, which is taken as 30.
    """

    config: TrackingConfig
    threshold: float
    size: tuple[int, int]
    fps: float | None = None
    _paths: Paths = field(init=False)
    _pending: deque[Moment] = field(init=False, factory=deque)
    _way: deque[Array] = field(init=False, factory=deque)
    _due: int | None = field(init=False, default=None)
    _clock: float = field(init=False, default=0.0)

    def __attrs_post_init__(self) -> None:
        self._begin()

    def push(
        self,
        frame: int,
        xy: NDArray[np.floating],
        score: NDArray[np.floating],
        *,
        time: float | None = None,
        cut: bool = False,
    ) -> list[TrackPoint]:
        """Take the candidates of the next frame.

        Args:
            frame: Its number; the first may be any, each further one is the next.
            xy: Source pixel indices, ``[K, 2]``, best first; nan where there are fewer than K.
            score: ``[K]``; 0 where there are fewer than K.
            time: When it is shown, seconds; None where frames come at one rate.
            cut: Whether another shot begins with it; what came before is then decided without it.

        Returns:
            The points decided by now, in the order of their frames.

        Raises:
            ValueError: A frame was left out or came twice.
        """
        given = np.isfinite(xy).all(axis=1)
        places, scores = xy[given].astype(np.float64), score[given].astype(np.float64)
        if not self.config.enabled:
            return [self._best(frame, places, scores)]
        if self._due is not None and frame != self._due:
            raise ValueError(f"frame {frame} was pushed where frame {self._due} was due")
        ended = self._end() if cut else []
        self._due = frame + 1
        self._tick(time)
        self._paths.extend(frame, self._clock, places, scores, self.threshold)
        self._pending.append(Moment(frame=frame, time=self._clock, xy=places))
        return ended + self._decide(frame - self.config.max_gap)

    def flush(self) -> list[TrackPoint]:
        """Return the points of all frames not yet decided; the video is over."""
        return [] if self._due is None else self._decide(self._due - 1)

    def _end(self) -> list[TrackPoint]:
        points = self.flush()
        self._begin()
        return points

    @property
    def _interval(self) -> float:
        """Time from one frame to the next on average, thirtieths of a second."""
        return USUAL_FPS / (self.fps or USUAL_FPS)

    def _begin(self) -> None:
        self._paths = Paths(
            model=MotionModel(diagonal=float(np.hypot(*self.size))),
            max_gap=self.config.max_gap,
            max_time=LONGER * (self.config.max_gap + 1) * self._interval,
        )

    def _tick(self, time: float | None) -> None:
        """Move the clock on to the next frame; timestamps that bunch up are not believed."""
        if time is None:
            self._clock += self._interval
        else:
            self._clock = max(USUAL_FPS * time, self._clock + self._interval / 2)

    def _decide(self, last: int) -> list[TrackPoint]:
        points = []
        while self._pending and self._pending[0].frame <= last:
            points.append(self._point(self._pending[0].frame))
            self._pending.popleft()
        return points

    def _point(self, frame: int) -> TrackPoint:
        if self._way:
            return self._filled(frame, self._way.popleft())
        before, after = self._paths.settle(frame)
        if before is not None and before.frame == frame:
            return _seen(frame, before.xy, before.score, self.threshold)
        if before is not None and before.frame == frame - 1 and after and after[0].linked:
            self._way = self._way_to_fill(before, after)
            if self._way:
                self._paths.settle(after[0].frame)  # where it leads to stays where it was decided
                return self._filled(frame, self._way.popleft())
        return TrackPoint(frame=frame)

    def _way_to_fill(self, before: Node, after: list[Node]) -> deque[Array]:
        """Return positions in the frames of a gap; none if it stays empty."""
        gap = [moment for moment in self._pending if moment.frame < after[0].frame]
        model = self._paths.model
        way = way_through(before, after[0], gap, model)
        filled = self.config.fill == "all" or was_missed(
            before, after, gap, way, known=len(self._pending) - len(gap), reach=NEAR * model.diagonal
        )
        return deque(way if filled else ())

    def _filled(self, frame: int, xy: Array) -> TrackPoint:
        x, y = xy.tolist()
        width, height = self.size
        if not (-0.5 <= x <= width - 0.5 and -0.5 <= y <= height - 0.5):
            return TrackPoint(frame=frame)  # it left the picture in between
        return TrackPoint(frame=frame, xy=(x, y), source="interpolated")

    def _best(self, frame: int, xy: NDArray[np.float64], score: NDArray[np.float64]) -> TrackPoint:
        if len(score) == 0 or score.max() < self.threshold:
            return TrackPoint(frame=frame)
        best = int(score.argmax())
        return _seen(frame, xy[best], float(score[best]), self.threshold)


def _seen(frame: int, xy: NDArray[np.float64], score: float, threshold: float) -> TrackPoint:
    source: Literal["detected", "tracked"] = "detected" if score >= threshold else "tracked"
    return TrackPoint(frame=frame, xy=(float(xy[0]), float(xy[1])), score=score, source=source)
