"""The example on the metrics page is what the code computes."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from tracknet_core.evaluation.average_precision import average_precision, average_precision_wasb
from tracknet_core.evaluation.breakdown import SIZE_LIMITS, SPEED_LIMITS, bin_names
from tracknet_core.evaluation.matching import Outcome, judge
from tracknet_core.evaluation.metrics import summarize
from tracknet_core.evaluation.protocols import PROTOCOLS

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")
THRESHOLD = 0.5


def block(name):
    (content,) = re.findall(rf"```\{{code-block\}} \w+\n:name: {name}\n(.*?)```", PAGE, re.DOTALL)
    return content


FRAMES = list(csv.DictReader(block("example-frames").splitlines()))
EXPECTED = json.loads(block("example-metrics"))


def column(*names):
    return np.array([[float(frame[name] or "nan") for name in names] for frame in FRAMES])


OUTCOMES = list(csv.DictReader(block("example-outcomes").splitlines()))


def judged_example(name):
    score = column("score")[:, 0]
    candidate = column("candidate x", "candidate y")
    return judge(
        "example",
        output=np.where(score[:, None] >= THRESHOLD, candidate, np.nan),
        best=candidate,
        score=score,
        labelled=column("label x", "label y"),
        visibility=column("class")[:, 0].astype(np.uint8),
        size=(1280, 720),
        protocol=PROTOCOLS[name],
    )


def test_the_example_has_every_protocol():
    assert list(EXPECTED) == list(PROTOCOLS)
    assert list(OUTCOMES[0]) == ["frame", *PROTOCOLS]


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_outcomes_by_hand(name):
    outcome = judged_example(name).outcome
    assert [Outcome(each).name for each in outcome] == [frame[name] for frame in OUTCOMES]


def test_the_counter_example():
    frames = list(csv.DictReader(block("counter-example").splitlines()))
    score = np.array([float(frame["score"]) for frame in frames])
    hit = np.array([frame["found"] == "yes" for frame in frames])
    assert (hit.sum(), len(hit)) == (5, 10)
    assert average_precision_wasb(score, hit, np.ones(10, bool)) == 1.0
    assert average_precision(score, hit, 10) == 0.5
    assert "0 balls without a candidate: 1.0." in PAGE
    assert "divides by 10 balls: 0.5." in PAGE


def test_the_bins_are_those_of_the_code():
    diagonal = np.hypot(1280, 720) / 100
    for key, limits in (("by_speed", SPEED_LIMITS), ("by_size", SIZE_LIMITS)):
        names = ", ".join(f"`{name}`" for name in bin_names(limits))
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{key}` |"))
        assert names in row
        assert "limits of {:.1f}, {:.1f} and {:.1f} px".format(*(limit * diagonal for limit in limits)) in row


@pytest.mark.parametrize("name", EXPECTED)
def test_the_example_by_hand(name):
    judged = judged_example(name)
    metrics = summarize(
        [judged], split="test", protocol=PROTOCOLS[name], threshold=THRESHOLD, tracking=None
    ).to_json()
    assert {key: metrics[key] for key in EXPECTED[name]} == pytest.approx(EXPECTED[name], abs=1e-6)


def test_every_protocol_and_every_number_has_its_row():
    judged_keys = summarize(
        [], split="test", protocol=PROTOCOLS["wasb"], threshold=None, tracking=None
    ).to_json()
    for name, protocol in PROTOCOLS.items():
        sign = "≤" if protocol.inclusive else "<"
        size = " × ".join(map(str, protocol.reference_size)) if protocol.reference_size else "the source"
        classes = ", ".join(map(str, protocol.visible_classes))
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}`"))
        assert f"| d {sign} {protocol.distance_px:g} | {size} | {classes} |" in row
    for key in judged_keys:
        assert f"`{key}`" in PAGE or key in {"frames", "tp", "tn", "fp1", "fp2", "fn", "split", "protocol"}
