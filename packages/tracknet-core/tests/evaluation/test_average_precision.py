"""Both average precisions, by hand."""

import numpy as np
import pytest

from tracknet_core.evaluation.average_precision import average_precision, average_precision_wasb


def test_the_published_counter_example():
    """Five hits, then five visible balls detected elsewhere at low scores."""
    score = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05])
    hit = np.array([True] * 5 + [False] * 5)
    assert average_precision_wasb(score, hit, np.ones(10, dtype=bool)) == pytest.approx(1.0)
    assert average_precision(score, hit, balls=10) == pytest.approx(0.5)


def test_equal_scores_enter_together_in_ours():
    score = np.array([0.5, 0.5])
    for hit in ([True, False], [False, True]):
        assert average_precision(score, np.array(hit), balls=1) == pytest.approx(0.5)


def test_nothing_visible_is_undefined():
    score, hit = np.array([0.9]), np.array([False])
    assert average_precision(score, hit, balls=0) is None
    assert average_precision_wasb(score, hit, np.array([False])) is None


def test_nothing_detected_is_zero():
    score, hit = np.array([np.nan]), np.array([False])
    assert average_precision(score, hit, balls=1) == 0.0
    assert average_precision_wasb(score, hit, np.array([True])) == 0.0


def test_every_ball_detected_elsewhere_is_zero_where_the_published_code_divides_by_zero():
    assert average_precision_wasb(np.array([0.9]), np.array([False]), np.array([True])) == 0.0
