"""Balls are told apart by speed and size, in shares of the diagonal."""

import numpy as np
import pytest

from tracknet_core.evaluation.breakdown import SIZE_LIMITS, bin_names, by_bin
from tracknet_core.evaluation.matching import Outcome, judge
from tracknet_core.evaluation.metrics import summarize
from tracknet_core.evaluation.protocols import WASB
from tracknet_core.evaluation.scale import percent_of_diagonal, speeds

NOWHERE = (np.nan, np.nan)
SIZE = (400, 300)
"""Its diagonal is 500 px, so that 5 px are 1 %."""


def test_speed_is_the_mean_of_the_steps_around_a_frame():
    labelled = np.array([(0, 0), (5, 0), (5, 15), (5, 15)], dtype=float)
    assert speeds(labelled, SIZE).tolist() == pytest.approx([1.0, 2.0, 1.5, 0.0])


def test_a_step_into_a_frame_without_a_label_is_not_known():
    labelled = np.array([(0, 0), (5, 0), NOWHERE, (50, 0), NOWHERE])
    np.testing.assert_allclose(speeds(labelled, SIZE), [1.0, 1.0, np.nan, np.nan, np.nan])


@pytest.mark.parametrize("frames", [0, 1])
def test_a_single_frame_has_no_speed(frames):
    assert np.isnan(speeds(np.zeros((frames, 2)), SIZE)).all()


def test_without_the_size_of_the_picture_nothing_is_known():
    assert np.isnan(speeds(np.array([(0.0, 0.0), (5.0, 0.0)]), None)).all()
    assert np.isnan(percent_of_diagonal(np.array([5.0]), None)).all()


def test_a_value_on_a_limit_belongs_to_the_upper_bin():
    outcome = np.full(4, Outcome.TP, np.uint8)
    value = np.array([0.2499, 0.25, 0.9999, 1.0])
    parts = by_bin(value, outcome, np.ones(4, bool), SIZE_LIMITS)
    assert {name: counts.tp for name, counts in parts.items()} == {
        "<0.25": 1,
        "0.25-0.5": 1,
        "0.5-1": 1,
        ">=1": 1,
    }


def test_bins_rise_and_unknown_values_come_last():
    outcome = np.full(3, Outcome.FN, np.uint8)
    parts = by_bin(np.array([np.nan, 3.0, 0.1]), outcome, np.ones(3, bool), (0.5, 1.0))
    assert list(parts) == ["<0.5", ">=1", "unknown"]
    assert bin_names((0.5, 1.0)) == ["<0.5", "0.5-1", ">=1"]


def test_nothing_known_is_nothing_told():
    assert by_bin(np.array([np.nan]), np.array([Outcome.FN]), np.ones(1, bool), (0.5,)) == {}


def test_metrics_by_speed_and_size_count_visible_balls_alone():
    labelled = np.array([(0, 0), (20, 0), (40, 0), NOWHERE], dtype=float)
    judged = judge(
        "clip",
        output=labelled,
        best=labelled,
        score=None,
        labelled=labelled,
        visibility=np.array([1, 2, 3, 0], np.uint8),
        size=SIZE,
        protocol=WASB,
        diameter=np.array([1.0, 5.0, 5.0, np.nan]),
    )
    metrics = summarize([judged], split="test", protocol=WASB, threshold=None, tracking=None)
    assert {name: counts.tp for name, counts in metrics.by_speed.items()} == {">=2": 2}
    assert {name: counts.tp for name, counts in metrics.by_size.items()} == {"<0.25": 1, ">=1": 1}
    assert metrics.to_json()["by_size"]["<0.25"]["accuracy"] == 1.0


def test_labels_without_diameters_have_no_sizes():
    labelled = np.zeros((2, 2))
    judged = judge(
        "clip",
        output=labelled,
        best=labelled,
        score=None,
        labelled=labelled,
        visibility=np.ones(2, np.uint8),
        size=SIZE,
        protocol=WASB,
    )
    metrics = summarize([judged], split="test", protocol=WASB, threshold=None, tracking=None)
    assert metrics.by_size == {}
