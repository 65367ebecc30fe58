"""The report: complete, self-contained, honest about its data."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tracknet_core.config.problems import UserError
from tracknet_core.evaluation.counts import Counts
from tracknet_core.evaluation.sweep import Point, Sweep
from tracknet_core.reporting.examples import Example, Examples, write_index
from tracknet_core.reporting.report import write_report


class Page(HTMLParser):
    """Text and links of a page; a tag left open is an error."""

    VOID = frozenset({"meta", "img", "br"})

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.links: list[str] = []
        self.feed(file.read_text())
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        self.links += [value for name, value in attrs if name in {"src", "href"} and value]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text = f"{self.text} {data}"

    @property
    def plain(self) -> str:
        return re.sub(r"\s+", " ", self.text)


def test_it_tells_what_was_measured_and_how(run: Path) -> None:
    assert write_report(run) == run / "report.html"
    page = Page(run / "report.html").plain
    assert "my-run" in page
    assert "F1 0.8751" in page
    assert "RMSE –" in page, "what could not be measured is said to be so"
    assert "within 4 px in pixels of the source" in page
    assert "classes 1, 2" in page
    assert "Scores from 0.4200 count" in page
    assert "gaps of up to 8 frames" in page
    assert "1,200 of 24,000 (5.0%)" in page
    assert "512 MiB" in page
    assert "Some CPU" in page
    assert "model_name: vit_heatmap # <&>" in page


def test_it_needs_no_other_file(run: Path) -> None:
    links = Page(write_report(run)).links
    assert len(links) == 5
    assert all(link.startswith("data:image/png;base64,") for link in links)


def test_a_reference_size_is_told(run: Path, metrics: dict[str, Any]) -> None:
    metrics["protocol"]["reference_size"] = [512, 288]
    metrics["tracking"]["enabled"] = False
    (run / "metrics.json").write_text(json.dumps(metrics))
    page = Page(write_report(run)).plain
    assert "at 512×288" in page
    assert "Not tracked" in page


@pytest.mark.parametrize("synthetic", [True, False])
def test_synthetic_data_is_labelled_as_such(run: Path, synthetic: bool) -> None:
    (run / "examples").mkdir()
    write_index(run, Examples(synthetic=synthetic))
    assert ("Synthetic data." in Page(write_report(run)).plain) is synthetic


def test_pictures_of_hits_and_misses(run: Path) -> None:
    (run / "examples").mkdir()
    cv2.imwrite(str(run / "examples" / "0.jpg"), np.zeros((8, 8, 3), np.uint8))
    shown = Example(file="examples/0.jpg", outcome="missed", caption="game1/Clip1, frame 7")
    gone = Example(file="examples/1.jpg", outcome="hit", caption="game1/Clip1, frame 8")
    write_index(run, Examples(synthetic=False, pictures=(shown, gone)))
    page = Page(write_report(run))
    assert "missed: game1/Clip1, frame 7" in page.plain
    assert "frame 8" not in page.plain
    assert sum(link.startswith("data:image/jpeg") for link in page.links) == 1


def test_metrics_alone_are_enough(run: Path) -> None:
    for name in ("history.csv", "environment.json", "config.yaml"):
        (run / name).unlink()
    assert "F1 0.8751" in Page(write_report(run)).plain


def test_an_unfinished_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has no metrics\.json"):
        write_report(tmp_path)


def test_a_damaged_file_is_named(run: Path) -> None:
    (run / "metrics.json").write_text("{")
    with pytest.raises(UserError, match=r"metrics\.json: is damaged"):
        write_report(run)
    assert not (run / "report.html").exists()


def test_intervals_and_parts_are_told_where_they_were_measured(run: Path, metrics: dict[str, Any]) -> None:
    plain = Page(write_report(run)).plain
    assert "There are too few clips here for any." in plain
    assert "Speed" not in plain.replace("Speed of training", "").replace("Training speed", "")
    counts = {"frames": 40, "tp": 30, "tn": 0, "fp1": 4, "fp2": 0, "fn": 6, "accuracy": 0.75}
    more = {"f1_interval": [0.8123, 0.9234], "ap_interval": None, "by_speed": {"0.5-1": counts}}
    (run / "metrics.json").write_text(json.dumps(metrics | more))
    plain = Page(write_report(run)).plain
    assert "F1 0.8751 0.812–0.923" in plain
    assert "too few clips" not in plain
    assert "0.5-1 40 30 0 4 0 6 0.7500" in plain


def test_the_sweep_is_drawn(run: Path) -> None:
    before = len(Page(write_report(run)).links)
    points = [
        Point(0.9, Counts(tp=1, tn=1, fp1=0, fp2=0, fn=2)),
        Point(0.4, Counts(tp=2, tn=0, fp1=1, fp2=1, fn=0)),
    ]
    sweep = Sweep(threshold=0.5, detections=tuple(points))
    (run / "sweep.json").write_text(json.dumps(sweep.to_json()))
    assert len(Page(write_report(run)).links) == before + 2
    assert {"precision_recall.png", "thresholds.png"} <= {file.name for file in (run / "curves").iterdir()}


def test_a_damaged_sweep_is_named(run: Path) -> None:
    (run / "sweep.json").write_text("{}")
    with pytest.raises(UserError, match=r"sweep\.json: is damaged"):
        write_report(run)


@pytest.mark.parametrize(
    ("tracking", "told"),
    [
        ({}, "Tracked, with gaps of up to 8 frames filled where the ball was probably missed;"),
        ({"fill": "all"}, "Tracked, with all gaps of up to 8 frames filled;"),
        ({"enabled": False}, "Not tracked: each frame's best candidate counts."),
    ],
)
def test_it_tells_which_gaps_were_filled(
    run: Path, metrics: dict[str, Any], tracking: dict[str, Any], told: str
) -> None:
    changed = metrics | {"tracking": metrics["tracking"] | tracking}
    (run / "metrics.json").write_text(json.dumps(changed))
    assert told in Page(write_report(run)).plain
