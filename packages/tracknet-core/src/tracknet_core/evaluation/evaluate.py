"""Measure detections against labelled clips."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tracknet_core.config.schema import TrackingConfig
from tracknet_core.evaluation.matching import Judgement, judge, visible_balls
from tracknet_core.evaluation.metrics import Measured
from tracknet_core.evaluation.protocols import Protocol
from tracknet_core.evaluation.threshold import best_threshold
from tracknet_core.tracking.track import TrackPoint, track_clip

if TYPE_CHECKING:
    from tracknet_core.data.clips import Clip
    from tracknet_core.model.detection import ClipDetections


def evaluate(
    detections: "Sequence[ClipDetections]",
    clips: "Sequence[Clip]",
    *,
    protocol: Protocol,
    threshold: float,
    tracking: TrackingConfig,
    split: str,
) -> Measured:
    """Measure what ``tracknet predict`` would write for these clips.

    The output that is counted is the track, interpolated points included, or each frame's best
    candidate at or above the threshold where tracking is disabled. The two average precisions
    always rank each frame's best candidate as the model scored it, whatever the threshold and
    the tracker.

    Args:
        detections: Candidates, one entry a clip.
        clips: The clips, in the same order.
        protocol: What counts as found.
        threshold: Smallest score of a confident detection.
        tracking: How candidates become a track.
        split: Which clips these are, for the record.

    Raises:
        UserError: A ball that the protocol wants found has no position.
        ValueError: Detections and clips do not belong together.
    """
    judgements = judge_clips(detections, clips, protocol=protocol, threshold=threshold, tracking=tracking)
    return Measured.of(judgements, split=split, protocol=protocol, threshold=threshold, tracking=tracking)


def judge_clips(
    detections: "Sequence[ClipDetections]",
    clips: "Sequence[Clip]",
    *,
    protocol: Protocol,
    threshold: float,
    tracking: TrackingConfig,
) -> list[Judgement]:
    """Judge every frame of every clip; arguments and errors are those of :func:`evaluate`."""
    tracks = track_clips(detections, clips, threshold=threshold, tracking=tracking)
    return judge_tracks(tracks, detections, clips, protocol)


def track_clips(
    detections: "Sequence[ClipDetections]",
    clips: "Sequence[Clip]",
    *,
    threshold: float,
    tracking: TrackingConfig,
) -> list[NDArray[np.float64]]:
    """Turn candidates into what ``tracknet predict`` would write, which no protocol changes.

    Returns:
        Positions in source px, ``[N, 2]`` a clip; nan where no ball is seen.
    """
    return [
        positions(track_clip(found, tracking, threshold=threshold, size=clip.frames.size, fps=clip.fps))
        for found, clip in zip(detections, clips, strict=True)
    ]


def judge_tracks(
    tracks: Sequence[NDArray[np.float64]],
    detections: "Sequence[ClipDetections]",
    clips: "Sequence[Clip]",
    protocol: Protocol,
) -> list[Judgement]:
    """Judge tracks, and the candidates that they were made of; errors are those of :func:`evaluate`."""
    return [
        _judge(found, clip, track, protocol)
        for track, found, clip in zip(tracks, detections, clips, strict=True)
    ]


def choose_threshold(
    detections: "Sequence[ClipDetections]", clips: "Sequence[Clip]", protocol: Protocol
) -> float:
    """Find the threshold of best F1 over each frame's best candidate, without tracking.

    Args:
        detections: Candidates, one entry a clip.
        clips: The validation clips, in the same order.
        protocol: What counts as found.

    Returns:
        See :func:`~tracknet_core.evaluation.threshold.best_threshold`.
    """
    score, hit, visible = [], [], []
    for found, clip in zip(detections, clips, strict=True):
        best, best_score = _best(found)
        score.append(best_score)
        hit.append(_judge(found, clip, best, protocol).hit)
        visible.append(visible_balls(clip.visibility, protocol))
    if not score:
        raise ValueError("no clips to choose a threshold on")
    return best_threshold(np.concatenate(score), np.concatenate(hit), np.concatenate(visible))


def positions(points: Sequence[TrackPoint]) -> NDArray[np.float64]:
    """Return a track's positions in source px, ``[N, 2]``; nan where no ball is seen."""
    return np.array([point.xy or (np.nan, np.nan) for point in points], dtype=np.float64).reshape(-1, 2)


def _judge(
    found: "ClipDetections", clip: "Clip", output: NDArray[np.float64], protocol: Protocol
) -> Judgement:
    if len(found.xy) != len(clip):
        raise ValueError(f"{clip.name}: {len(found.xy)} frames of detections for {len(clip)} of the clip")
    best, score = _best(found)
    return judge(
        clip.name,
        output=output,
        best=best,
        score=score,
        labelled=clip.xy,
        visibility=clip.visibility,
        size=clip.frames.size,
        protocol=protocol,
        diameter=clip.diameter,
    )


def _best(found: "ClipDetections") -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return position ``[N, 2]`` and score ``[N]`` of each frame's best candidate; nan where none."""
    best = found.xy[:, 0]
    return best, np.where(np.isfinite(best).all(axis=1), found.score[:, 0], np.nan)
