"""What metrics.json holds."""

import json

import numpy as np
import pytest

from tracknet_core.config.problems import UserError
from tracknet_core.config.schema import TrackingConfig
from tracknet_core.evaluation.matching import distances, judge
from tracknet_core.evaluation.metrics import summarize
from tracknet_core.evaluation.protocols import TRACKNETV3, WASB

NOWHERE = (np.nan, np.nan)


def judged(name="clip", *, output, labelled, visibility, score=None, size=(1280, 720), protocol=WASB):
    return judge(
        name,
        output=np.array(output, dtype=float).reshape(-1, 2),
        best=np.array(output, dtype=float).reshape(-1, 2),
        score=None if score is None else np.array(score, dtype=float),
        labelled=np.array(labelled, dtype=float).reshape(-1, 2),
        visibility=np.array(visibility, dtype=np.uint8),
        size=size,
        protocol=protocol,
    )


def test_keys_of_metrics_json():
    clip = judged(output=[(10, 10)], labelled=[(11, 10)], visibility=[1], score=[0.9])
    metrics = summarize(
        [clip], split="val", protocol=TRACKNETV3, threshold=0.4, tracking=TrackingConfig(max_gap=3)
    )
    facts = json.loads(json.dumps(metrics.to_json(), allow_nan=False))
    counted = {"frames", "tp", "tn", "fp1", "fp2", "fn", "accuracy"}
    ratios = {"precision", "recall", "f1", "pck", "ap", "ap_wasb", "rmse_px"}
    intervals = {f"{name}_interval" for name in ("accuracy", "precision", "recall", "f1", "pck", "ap")}
    circumstances = {"split", "clips", "threshold", "protocol", "tracking"}
    parts = {"by_visibility", "by_speed", "by_size"}
    assert set(facts) == counted | ratios | intervals | circumstances | parts
    assert set(facts["by_visibility"]["1"]) == counted
    assert facts["split"] == "val"
    assert facts["threshold"] == 0.4
    assert facts["protocol"] == {
        "name": "tracknetv3",
        "distance_px": 4.0,
        "reference_size": [512, 288],
        "visible_classes": [1, 2, 3],
    }
    assert facts["tracking"] == {"enabled": True, "max_gap": 3, "fill": "missed", "ensemble": "none"}


def test_nothing_to_measure_is_zero_or_null_but_never_nan():
    facts = summarize([], split="test", protocol=WASB, threshold=0.5, tracking=None).to_json()
    assert json.dumps(facts, allow_nan=False)
    assert facts["accuracy"] == facts["precision"] == facts["recall"] == facts["f1"] == facts["pck"] == 0.0
    assert facts["ap"] is facts["ap_wasb"] is facts["rmse_px"] is facts["tracking"] is None
    assert facts["by_visibility"] == {}


def test_every_frame_weighs_the_same_whichever_clip_it_is_from():
    short = judged(output=[NOWHERE], labelled=[(5, 5)], visibility=[1], score=[np.nan])
    long = judged(output=[(5, 5)] * 3, labelled=[(5, 5)] * 3, visibility=[1] * 3, score=[0.9] * 3)
    metrics = summarize([short, long], split="test", protocol=WASB, threshold=0.5, tracking=None)
    assert metrics.recall == 0.75


def test_without_scores_of_all_clips_there_is_no_average_precision():
    known = judged(output=[(5, 5)], labelled=[(5, 5)], visibility=[1], score=[0.9])
    unknown = judged(output=[(5, 5)], labelled=[(5, 5)], visibility=[1])
    metrics = summarize([known, unknown], split="test", protocol=WASB, threshold=None, tracking=None)
    assert metrics.ap is None
    assert metrics.ap_wasb is None
    assert metrics.tp == 2


def test_a_visible_ball_without_a_position_cannot_be_judged():
    with pytest.raises(UserError, match=r"game1/Clip1: frame 1 is labelled visible \(class 3\).*tracknetv3"):
        judged(
            "game1/Clip1",
            output=[(5, 5)] * 2,
            labelled=[(5, 5), NOWHERE],
            visibility=[1, 3],
            protocol=TRACKNETV3,
        )


def test_a_reference_size_needs_the_picture_size():
    with pytest.raises(ValueError, match="tracknetv3 needs the picture's size"):
        distances(np.zeros((1, 2)), np.zeros((1, 2)), None, TRACKNETV3)
