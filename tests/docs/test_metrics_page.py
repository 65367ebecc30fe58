"""The example on the metrics page is what the code computes."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from tracknet_core.evaluation.matching import judge
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


@pytest.mark.parametrize("name", EXPECTED)
def test_the_example_by_hand(name):
    score = column("score")[:, 0]
    candidate = column("candidate x", "candidate y")
    judged = judge(
        "example",
        output=np.where(score[:, None] >= THRESHOLD, candidate, np.nan),
        best=candidate,
        score=score,
        labelled=column("label x", "label y"),
        visibility=column("class")[:, 0].astype(np.uint8),
        size=(1280, 720),
        protocol=PROTOCOLS[name],
    )
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
