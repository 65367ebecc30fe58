"""Intervals say how far figures would move with other clips."""

import time

import numpy as np
import pytest
from attrs import evolve

from tracknet_core.evaluation.matching import Outcome, judge
from tracknet_core.evaluation.metrics import summarize
from tracknet_core.evaluation.protocols import WASB
from tracknet_core.evaluation.resampling import (
    LEAST_CLIPS,
    MOST_RANKS,
    RESAMPLES,
    draws,
    intervals,
    resample,
)


def clip(seed, *, quality, frames=50, scored=True):
    """A clip whose balls are found with a chance of ``quality``, at higher scores if so."""
    rng = np.random.default_rng(seed)
    labelled = rng.uniform(0, 700, (frames, 2))
    hit = rng.random(frames) < quality
    score = np.where(hit, rng.beta(4, 2, frames), rng.beta(2, 4, frames))
    best = labelled + np.where(hit, 1.0, 30.0)[:, None]
    return judge(
        f"clip {seed}",
        output=np.where(score[:, None] > 0.3, best, np.nan),
        best=best,
        score=score if scored else None,
        labelled=labelled,
        visibility=np.ones(frames, np.uint8),
        size=(1280, 720),
        protocol=WASB,
    )


@pytest.mark.parametrize("name", ["f1", "precision", "recall", "accuracy", "pck", "ap"])
def test_the_figure_lies_within_its_interval(name):
    judged = [clip(seed, quality=0.5 + 0.02 * seed) for seed in range(20)]
    metrics = summarize(judged, split="test", protocol=WASB, threshold=0.3, tracking=None)
    low, high = metrics.intervals[name]
    assert low < getattr(metrics, name) < high


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """Clips of one quality, again and again: about 95 % of the intervals of PCK hold it."""
    truth, covered = 0.7, 0
    for run in range(100):
        judged = [clip(1000 * run + seed, quality=truth, frames=20, scored=False) for seed in range(30)]
        found = [evolve(each, outcome=np.where(each.hit, Outcome.TP, Outcome.FP1)) for each in judged]
        low, high = intervals(found, WASB)["pck"]
        covered += low <= truth <= high
    assert 88 <= covered <= 99


def test_more_clips_tell_more():
    def width(clips):
        low, high = intervals([clip(seed, quality=0.5 + 0.4 * (seed % 2)) for seed in range(clips)], WASB)[
            "f1"
        ]
        return high - low

    assert width(64) < 0.6 * width(16)


def test_clips_that_are_alike_leave_no_doubt():
    low, high = intervals([clip(0, quality=0.7)] * LEAST_CLIPS, WASB)["f1"]
    assert low == high


def test_too_few_clips_have_no_intervals():
    assert intervals([clip(seed, quality=0.7) for seed in range(LEAST_CLIPS - 1)], WASB) == {}


def test_average_precision_needs_scores():
    judged = [clip(seed, quality=0.7, scored=seed > 0) for seed in range(LEAST_CLIPS)]
    assert set(intervals(judged, WASB)) == {"f1", "precision", "recall", "accuracy", "pck"}


def test_draws_are_always_the_same_and_of_as_many_clips():
    np.testing.assert_array_equal(draws(7), draws(7))
    assert draws(7).shape == (RESAMPLES, 7)
    assert set(draws(7).sum(axis=1)) == {7.0}


def test_neighbouring_scores_share_a_rank_at_next_to_no_cost():
    """Far more scores than ranks: the average precision stays within a thousandth."""
    judged = [clip(seed, quality=0.4 + 0.1 * seed, frames=4 * MOST_RANKS) for seed in range(6)]
    metrics = summarize(judged, split="test", protocol=WASB, threshold=0.3, tracking=None)
    assert resample(judged, WASB, np.ones((1, 6)))["ap"][0] == pytest.approx(metrics.ap, abs=1e-3)


def test_200_clips_of_1000_frames_take_less_than_2_seconds():
    judged = [clip(seed, quality=0.7, frames=1000) for seed in range(200)]
    began = time.process_time()
    intervals(judged, WASB)
    assert time.process_time() - began < 2
