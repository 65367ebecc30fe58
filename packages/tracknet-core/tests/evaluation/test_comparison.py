"""Two are compared on the same clips, resampled alike."""

import json

import numpy as np
import pytest

from tracknet_core.evaluation.comparison import FIGURES, compare
from tracknet_core.evaluation.matching import judge
from tracknet_core.evaluation.metrics import Measured, summarize
from tracknet_core.evaluation.protocols import PCK, WASB

FRAMES = 20


def measured(found, *, protocol=WASB, names=None):
    """One clip an entry, the first so many of its balls found; the others are missed."""
    labelled = np.full((FRAMES, 2), 100.0)
    judged = []
    for number, count in enumerate(found):
        output = np.where(np.arange(FRAMES)[:, None] < count, labelled, np.nan)
        judged.append(
            judge(
                names[number] if names else f"clip {number}",
                output=output,
                best=output,
                score=np.where(np.isfinite(output[:, 0]), 0.9, np.nan),
                labelled=labelled,
                visibility=np.ones(FRAMES, np.uint8),
                size=(1280, 720),
                protocol=protocol,
            )
        )
    metrics = summarize(judged, split="test", protocol=protocol, threshold=0.5, tracking=None)
    return Measured(judgements=judged, metrics=metrics)


WORSE, BETTER = [4, 8, 12, 16, 10, 6], [8, 11, 16, 19, 14, 9]


def test_the_same_run_twice_differs_by_exactly_nothing():
    comparison = compare(measured(WORSE), measured(WORSE))
    assert {each.value for each in comparison.differences.values()} == {0.0}
    assert {each.interval for each in comparison.differences.values()} == {(0.0, 0.0)}
    assert comparison.verdict(("a", "b")).startswith("no difference shown")


def test_pairs_tell_more_than_each_alone():
    """The clips differ more from one another than the two on any of them."""
    first, second = measured(WORSE), measured(BETTER)
    assert first.metrics.intervals["f1"][1] > second.metrics.intervals["f1"][0], "the intervals overlap"
    low, high = compare(first, second).differences["f1"].interval
    assert 0 < low < second.metrics.f1 - first.metrics.f1 < high


def test_the_verdict_names_the_better():
    assert compare(measured(WORSE), measured(BETTER)).verdict(("a", "b")).startswith("b is better by 0.1")
    verdict = compare(measured(BETTER), measured(WORSE)).verdict(("a", "b"))
    assert verdict.startswith("a is better by 0.1")
    low, high = (float(word.strip(")")) for word in verdict.split("95 %: ")[1].split(" to "))
    assert 0 < low < high


def test_what_could_be_chance_is_no_difference():
    verdict = compare(measured([10, 12, 9, 11, 10, 12]), measured([12, 9, 11, 10, 12, 11])).verdict(
        ("a", "b")
    )
    assert verdict.startswith("no difference shown: F1 differs by +0.0")


def test_too_few_clips_give_no_verdict():
    comparison = compare(measured([4, 8]), measured([8, 12]))
    assert comparison.differences["f1"].interval is None
    assert comparison.differences["f1"].value > 0
    assert "fewer than 5 clips cannot tell" in comparison.verdict(("a", "b"))


def test_the_clips_that_differ_most_come_first():
    clips = compare(measured([4, 8, 12, 10, 10]), measured([5, 15, 12, 8, 10])).clips
    assert [each.clip for each in clips][:3] == ["clip 1", "clip 3", "clip 0"]


def test_json_holds_everything_by_name():
    content = json.loads(json.dumps(compare(measured(WORSE), measured(BETTER)).to_json(("a", "b"))))
    assert (content["first"]["name"], content["second"]["name"]) == ("a", "b")
    assert set(content["differences"]) == set(FIGURES)
    assert set(content["differences"]["f1"]) == {"first", "second", "difference", "interval"}
    assert len(content["by_clip"]) == 6
    assert content["verdict"].startswith("b is better")


def test_what_was_measured_otherwise_is_not_compared():
    with pytest.raises(ValueError, match="different protocols"):
        compare(measured(WORSE), measured(WORSE, protocol=PCK))
    with pytest.raises(ValueError, match="different clips"):
        compare(measured([1, 2], names=["a", "b"]), measured([1, 2], names=["b", "a"]))
