"""Metrics are those of the rows that predict would write."""

import numpy as np
import pytest
from attrs import frozen

from tracknet_core.config.schema import TrackingConfig
from tracknet_core.evaluation.evaluate import choose_threshold, evaluate, judge_clips
from tracknet_core.evaluation.matching import Outcome
from tracknet_core.evaluation.protocols import TRACKNETV3, WASB

TRACKED = TrackingConfig(max_gap=4, fill="all")
RAW = TrackingConfig(enabled=False)


@frozen(kw_only=True)
class Frames:
    size: tuple[int, int] = (1280, 720)


@frozen(kw_only=True, eq=False)
class LabelledClip:
    """What evaluation reads of a Clip."""

    name: str = "game1/Clip1"
    frames: Frames = Frames()
    visibility: np.ndarray
    xy: np.ndarray
    fps: float | None = 30.0
    diameter: np.ndarray | None = None

    def __len__(self):
        return len(self.visibility)


@frozen(kw_only=True, eq=False)
class Candidates:
    """What evaluation reads of a ClipDetections."""

    xy: np.ndarray
    score: np.ndarray

    @property
    def cut(self):
        return np.zeros(len(self.xy), bool)


def flight(frames):
    times = np.arange(frames, dtype=float)
    return np.stack([200 + 14 * times, 400 - 16 * times + 0.7 * times**2], axis=1)


def clip_and_candidates(score, visibility=1, frames=20):
    """A ball detected where it is, with the given scores; 0 is not at all."""
    xy = flight(frames)
    score = np.broadcast_to(np.asarray(score, dtype=float), (frames,))[:, None]
    seen = np.where(score[..., None] > 0, xy[:, None], np.nan)
    labels = np.broadcast_to(np.asarray(visibility, dtype=np.uint8), (frames,))
    return LabelledClip(visibility=labels, xy=xy), Candidates(xy=seen, score=score)


def measured(clip, candidates, tracking, protocol=WASB, threshold=0.5):
    return evaluate(
        [candidates], [clip], protocol=protocol, threshold=threshold, tracking=tracking, split="test"
    ).metrics


def test_interpolated_and_tracked_points_count_as_predictions():
    score = np.full(20, 0.9)
    score[8:10], score[12] = 0.0, 0.3
    clip, candidates = clip_and_candidates(score)
    assert measured(clip, candidates, RAW).fn == 3
    assert measured(clip, candidates, TRACKED).tp == 20


def test_a_gap_filled_while_the_ball_was_hidden_costs_as_many_false_detections():
    score, visibility = np.full(20, 0.9), np.full(20, 1)
    score[8:11], visibility[8:11] = 0.0, 3
    clip, candidates = clip_and_candidates(score, visibility)
    assert measured(clip, candidates, RAW).fp2 == 0
    assert measured(clip, candidates, TRACKED).fp2 == 3
    assert measured(clip, candidates, TRACKED, protocol=TRACKNETV3).fp2 == 0


def test_average_precision_ignores_tracker_and_threshold():
    score = np.linspace(0.1, 0.9, 20)
    clip, candidates = clip_and_candidates(score, np.where(np.arange(20) % 5, 1, 0))
    results = {
        measured(clip, candidates, tracking, threshold=threshold).ap
        for tracking in (RAW, TRACKED)
        for threshold in (0.2, 0.7)
    }
    assert len(results) == 1


def test_metrics_say_how_they_were_measured():
    clip, candidates = clip_and_candidates(0.9)
    metrics = measured(clip, candidates, TRACKED, threshold=0.37)
    assert (metrics.split, metrics.threshold, metrics.tracking, metrics.protocol) == (
        "test",
        0.37,
        TRACKED,
        WASB,
    )


def test_clips_are_judged_frame_by_frame():
    score = np.full(20, 0.9)
    score[19] = 0.0
    clip, candidates = clip_and_candidates(score)
    (judgement,) = judge_clips([candidates], [clip], protocol=WASB, threshold=0.5, tracking=RAW)
    assert judgement.clip == "game1/Clip1"
    assert judgement.outcome.tolist() == [Outcome.TP] * 19 + [Outcome.FN]


def test_threshold_over_all_clips():
    found, found_candidates = clip_and_candidates(0.8)
    empty, false_candidates = clip_and_candidates(0.4, visibility=0)
    threshold = choose_threshold([found_candidates, false_candidates], [found, empty], WASB)
    assert threshold == pytest.approx(0.6)


def test_detections_of_another_clip_are_refused():
    clip, _ = clip_and_candidates(0.9, frames=20)
    _, candidates = clip_and_candidates(0.9, frames=19)
    with pytest.raises(ValueError, match="game1/Clip1: 19 frames of detections for 20 of the clip"):
        measured(clip, candidates, RAW)
