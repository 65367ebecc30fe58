"""What other thresholds would have given."""

import json

import numpy as np
import pytest
from attrs import evolve, frozen

from tracknet_core.config.schema import TrackingConfig
from tracknet_core.evaluation.evaluate import evaluate
from tracknet_core.evaluation.matching import judge
from tracknet_core.evaluation.protocols import PCK, WASB
from tracknet_core.evaluation.sweep import GRID, MOST_POINTS, Sweep, sweep_detections, sweep_tracks
from tracknet_core.model.detection import ClipDetections
from tracknet_core.progress import Silent


@frozen(kw_only=True)
class Frames:
    size: tuple[int, int] = (1280, 720)


@frozen(kw_only=True, eq=False)
class LabelledClip:
    """What evaluation reads of a Clip."""

    name: str = "clip"
    frames: Frames = Frames()
    visibility: np.ndarray
    xy: np.ndarray
    fps: float = 30.0
    diameter: np.ndarray | None = None

    def __len__(self):
        return len(self.visibility)


def judged(score, hit):
    frames = len(score)
    labelled = np.full((frames, 2), 100.0)
    best = labelled + np.where(hit, 0.0, 50.0)[:, None]
    return judge(
        "clip",
        output=best,
        best=best,
        score=np.asarray(score, dtype=float),
        labelled=labelled,
        visibility=np.ones(frames, np.uint8),
        size=(1280, 720),
        protocol=WASB,
    )


def test_equal_scores_are_one_point():
    sweep = sweep_detections([judged([0.9, 0.5, 0.5], [True, True, False])], WASB)
    assert [(point.threshold, point.counts.tp, point.counts.fp1) for point in sweep.detections] == [
        (0.9, 1, 0),
        (0.5, 2, 1),
    ]


def test_without_scores_there_is_no_sweep():
    clip = judged([0.9], [True])
    assert sweep_detections([clip, evolve(clip, score=None)], WASB) is None


def test_thinning_keeps_the_best_the_grid_and_the_threshold_that_was_used():
    rng = np.random.default_rng(0)
    score = rng.random(20_000)
    score[: len(GRID)] = GRID  # a score on the threshold counts
    clip = judged(score, rng.random(20_000) < np.minimum(1, 2 * score))
    sweep = sweep_detections([clip], WASB, 0.123)
    assert len(sweep.detections) <= MOST_POINTS
    for threshold in (*GRID, 0.123):
        taken = score >= threshold
        assert sweep.detections_at(threshold).counts.tp == np.sum(taken & clip.hit)
    tp = np.array([np.sum(clip.hit & (score >= each)) for each in score[:500]])
    assert sweep.best.counts.f1 >= (2 * tp / (tp + len(score))).max()


def test_a_threshold_above_every_score_lets_nothing_through():
    assert sweep_detections([judged([0.4], [True])], WASB).detections_at(0.5) is None


def test_the_best_is_that_of_the_track_where_there_is_one():
    sweep = sweep_detections([judged([0.9, 0.2], [True, False])], WASB, 0.5)
    assert sweep.best.threshold == 0.9
    assert sweep.used.threshold == 0.9, "a score that 0.5 lets through"
    tracked = evolve(sweep, tracked=sweep.detections[::-1][:1])
    assert tracked.best.threshold == 0.2


@pytest.mark.parametrize("tracking", [TrackingConfig(max_gap=4), TrackingConfig(enabled=False)])
def test_the_track_at_the_used_threshold_is_what_was_measured(tracking):
    times, rng = np.arange(40.0), np.random.default_rng(3)
    xy = np.stack([200 + 14 * times, 400 - 16 * times + 0.4 * times**2], axis=1)
    clip = LabelledClip(visibility=np.ones(40, np.uint8), xy=xy)
    found = ClipDetections(xy=(xy + rng.normal(0, 2, xy.shape))[:, None], score=rng.random((40, 1)))
    measured = evaluate([found], [clip], protocol=WASB, threshold=0.437, tracking=tracking, split="test")
    points, others = sweep_tracks(
        [found], [clip], protocols=[WASB, PCK], threshold=0.437, tracking=tracking, progress=Silent()
    )
    assert [point.threshold for point in points] == sorted({*GRID, 0.437})
    (used,) = [point.counts for point in points if point.threshold == 0.437]
    assert (used.tp, used.fp1, used.fn) == (measured.metrics.tp, measured.metrics.fp1, measured.metrics.fn)
    assert all(point.counts.f1 <= other.counts.f1 for point, other in zip(points, others, strict=True))


def test_what_is_written_is_read_back():
    sweep = sweep_detections([judged([0.9, 0.2], [True, False])], WASB, 0.5)
    assert Sweep.from_json(json.loads(json.dumps(sweep.to_json()))) == sweep
