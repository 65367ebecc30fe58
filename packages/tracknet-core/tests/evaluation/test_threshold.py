"""The threshold lies in the middle of the widest range with the best F1."""

import numpy as np
import pytest

from tracknet_core.evaluation.threshold import UNDECIDED, best_threshold


def choose(*frames):
    """Frames as (score or None, hit, visible)."""
    score = np.array([np.nan if score is None else score for score, _, _ in frames])
    hit = np.array([hit for _, hit, _ in frames], dtype=bool)
    visible = np.array([visible for _, _, visible in frames], dtype=bool)
    return best_threshold(score, hit, visible)


HIT, ELSEWHERE, NOTHING_THERE = (True, True), (False, True), (False, False)


def test_between_the_hits_and_the_false_detections():
    assert choose((0.9, *HIT), (0.7, *HIT), (0.3, *NOTHING_THERE)) == pytest.approx(0.5)


def test_halfway_to_zero_when_every_detection_is_a_hit():
    assert choose((0.9, *HIT), (0.6, *HIT)) == pytest.approx(0.3)


def test_misplaced_balls_change_nothing_and_so_widen_the_range():
    """An FP1 that falls below the threshold becomes an FN: F1 stays."""
    assert choose((0.8, *HIT), (0.5, *ELSEWHERE), (0.2, *NOTHING_THERE)) == pytest.approx(0.5)


def test_the_widest_of_several_best_ranges():
    """F1 is 2/3 in (0.8, 0.9] and in (0.2, 0.5], 4/7 at most elsewhere."""
    frames = [
        (0.9, *HIT),
        (0.8, *NOTHING_THERE),
        (0.7, *NOTHING_THERE),
        (0.5, *HIT),
        (0.2, *NOTHING_THERE),
    ]
    assert choose(*frames) == pytest.approx(0.35)


def test_detections_of_equal_score_stand_or_fall_together():
    threshold = choose((0.6, *HIT), (0.6, *NOTHING_THERE), (0.9, *HIT), (0.9, *HIT))
    assert threshold == pytest.approx(0.3)


def test_no_hit_at_all():
    assert choose((0.9, *ELSEWHERE), (None, False, True), (0.4, *NOTHING_THERE)) == UNDECIDED
    assert choose() == UNDECIDED


def test_scores_next_to_each_other_are_still_told_apart():
    above = np.nextafter(0.5, 1)
    threshold = choose((above, *HIT), (0.5, *NOTHING_THERE))
    assert above >= threshold > 0.5
