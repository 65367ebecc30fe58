"""What every threshold would have given."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import frozen

from tracknet_core.config.schema import TrackingConfig
from tracknet_core.evaluation.counts import Counts
from tracknet_core.evaluation.evaluate import judge_tracks, track_clips
from tracknet_core.evaluation.matching import Judgement, visible_balls
from tracknet_core.evaluation.protocols import Protocol
from tracknet_core.evaluation.ranking import rank
from tracknet_core.progress import Progress

if TYPE_CHECKING:
    from tracknet_core.data.clips import Clip
    from tracknet_core.model.detection import ClipDetections

GRID = tuple(round(0.05 * step, 2) for step in range(1, 20))
"""Thresholds at which the track is measured: 0.05 to 0.95."""

SWEEP_FILE = "sweep.json"
"""Name of a run's file that holds a :class:`Sweep`."""

MOST_POINTS = 500
"""Points of a curve that are kept, the best and those of GRID among them; it is computed at every score."""


@frozen
class Point:
    """What one threshold gives.

    Attributes:
        threshold: Smallest score of a ball.
        counts: The outcomes.
    """

    threshold: float
    counts: Counts

    def to_json(self) -> dict[str, object]:
        """Return threshold, ratios and counts, ready for ``json.dump``."""
        counts = self.counts
        ratios = {"f1": counts.f1, "precision": counts.precision, "recall": counts.recall}
        return {"threshold": self.threshold, **ratios, **counts.to_json()}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Point":
        """Read what :meth:`to_json` returned."""
        names = ("tp", "tn", "fp1", "fp2", "fn")
        return Point(content["threshold"], Counts(**{name: content[name] for name in names}))


@frozen(kw_only=True)
class Sweep:
    """What thresholds give on some clips; empty curves were not measured.

    Attributes:
        threshold: The one that the metrics were measured at; None when it is not known.
        detections: Each frame's best detection, without tracking, from the highest threshold down.
        tracked: The track, from the lowest threshold up.
    """

    threshold: float | None
    detections: tuple[Point, ...]
    tracked: tuple[Point, ...] = ()

    @property
    def best(self) -> Point | None:
        """The point of best F1: of the track where it was measured, of the detections otherwise.

        It is known only after the fact. A threshold that was chosen on the clips that a number is
        reported for makes that number too good.
        """
        points = self.tracked or self.detections
        return max(points, key=lambda point: point.counts.f1, default=None)

    @property
    def used(self) -> Point | None:
        """What the threshold that was used gives; None when it is not known."""
        if self.threshold is None:
            return None
        tracked = [point for point in self.tracked if point.threshold == self.threshold]
        return tracked[0] if tracked else self.detections_at(self.threshold)

    def detections_at(self, threshold: float) -> Point | None:
        """The point of the detections that a threshold of :data:`GRID`, or the one used, lets through.

        None where there are none.
        """
        passing = [point for point in self.detections if point.threshold >= threshold]
        return passing[-1] if passing else None

    def to_json(self) -> dict[str, object]:
        """Return both curves, ready for ``json.dump``."""
        return {
            "threshold": self.threshold,
            "best_threshold": self.best.threshold if self.best else None,
            "detections": [point.to_json() for point in self.detections],
            "tracked": [point.to_json() for point in self.tracked],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Sweep":
        """Read what :meth:`to_json` returned."""
        return Sweep(
            threshold=content["threshold"],
            detections=tuple(map(Point.from_json, content["detections"])),
            tracked=tuple(map(Point.from_json, content["tracked"])),
        )


def sweep_detections(
    judgements: Sequence[Judgement], protocol: Protocol, threshold: float | None = None
) -> Sweep | None:
    """Count each frame's best detection at the threshold of every score that occurs.

    Args:
        judgements: The clips, judged under ``protocol``.
        protocol: What counted as found.
        threshold: The one that was used, for the record.

    Returns:
        The curve, thinned to :data:`MOST_POINTS`; None when a clip has no scores.
    """
    scores = [judged.score for judged in judgements if judged.score is not None]
    if not scores or len(scores) < len(judgements):
        return None
    score = np.concatenate(scores)
    hit = np.concatenate([judged.hit for judged in judgements])
    visible = visible_balls(np.concatenate([judged.visibility for judged in judgements]), protocol)
    ranked, entered, (tp, fp2) = rank(score, hit, ~visible)
    fp1 = entered - tp - fp2
    balls, frames = int(visible.sum()), len(score)
    f1 = 2 * tp / (tp + fp2 + balls)
    wanted = [*GRID] if threshold is None else [*GRID, threshold]
    passing = np.searchsorted(-ranked, -np.array(wanted), side="right") - 1
    kept = {int(f1.argmax()), *passing[passing >= 0].tolist()} if len(ranked) else set()
    points = [
        Point(
            float(ranked[at]),
            Counts(
                tp=int(tp[at]),
                tn=int(frames - balls - fp2[at]),
                fp1=int(fp1[at]),
                fp2=int(fp2[at]),
                fn=int(balls - tp[at] - fp1[at]),
            ),
        )
        for at in _thinned(len(ranked), kept)
    ]
    return Sweep(threshold=threshold, detections=tuple(points))


def sweep_tracks(
    detections: "Sequence[ClipDetections]",
    clips: "Sequence[Clip]",
    *,
    protocols: Sequence[Protocol],
    threshold: float,
    tracking: TrackingConfig,
    progress: Progress,
) -> list[tuple[Point, ...]]:
    """Count the track at the thresholds of :data:`GRID`, and at the one that was used.

    Args:
        detections: Candidates, one entry a clip.
        clips: The clips, in the same order.
        protocols: What counts as found.
        threshold: The one that was used.
        tracking: How candidates become a track.
        progress: Where a bar goes.

    Returns:
        The points under each protocol, from the lowest threshold up.
    """
    points: list[list[Point]] = [[] for _ in protocols]
    thresholds = sorted({*GRID, threshold})
    with progress.task("tracking at every threshold", total=len(thresholds)) as bar:
        for each in thresholds:
            tracks = track_clips(detections, clips, threshold=each, tracking=tracking)
            for protocol, curve in zip(protocols, points, strict=True):
                judged = judge_tracks(tracks, detections, clips, protocol)
                curve.append(Point(each, Counts.of(np.concatenate([clip.outcome for clip in judged]))))
            bar.advance()
    return list(map(tuple, points))


def _thinned(points: int, kept: set[int]) -> list[int]:
    if points <= MOST_POINTS:
        return list(range(points))
    spread = np.linspace(0, points - 1, MOST_POINTS - len(kept)).round().astype(int).tolist()
    return sorted({*spread, *kept})
