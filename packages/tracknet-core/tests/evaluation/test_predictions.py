"""Anybody's predictions are scored against the labels of the same clip."""

from pathlib import Path

import numpy as np
import pytest
from attrs import field, frozen

from tracknet_core.config.problems import UserError
from tracknet_core.data.ball_csv import read_ball_csv
from tracknet_core.evaluation.predictions import (
    labels_of_clip,
    labels_of_file,
    match_by_name,
    score_predictions,
)
from tracknet_core.evaluation.protocols import TRACKNETV3, WASB


@frozen(kw_only=True)
class Frames:
    size: tuple[int, int] = (1280, 720)


@frozen(kw_only=True, eq=False)
class NamedClip:
    """What scoring reads of a Clip."""

    name: str
    frames: Frames = Frames()
    visibility: np.ndarray = field(factory=lambda: np.ones(1, np.uint8))
    xy: np.ndarray = field(factory=lambda: np.zeros((1, 2)))
    diameter: np.ndarray | None = None


@pytest.fixture
def files(tmp_path):
    def write(**texts):
        for name, text in texts.items():
            (tmp_path / f"{name}.csv").write_text(text)
        return [tmp_path / f"{name}.csv" for name in texts]

    return write


def scored(predicted, labels):
    (measured,) = score_predictions([read_ball_csv(predicted)], [labels], [WASB])
    return measured.metrics


LABELS = "Frame,Visibility,X,Y\n0,1,100,100\n1,1,110,100\n2,0,,\n3,1,130,100\n"


def test_a_csv_against_a_csv(files):
    predicted, labelled = files(
        rally_ball="Frame,Visibility,X,Y,Score\n0,1,101,100,0.9\n1,1,120,100,0.4\n2,1,5,5,0.2\n", rally=LABELS
    )
    metrics = scored(predicted, labels_of_file(labelled, None))
    assert (metrics.tp, metrics.tn, metrics.fp1, metrics.fp2, metrics.fn) == (1, 0, 1, 1, 1)
    assert metrics.ap == pytest.approx(1 / 3)
    assert metrics.ap_wasb == pytest.approx(1 / 2)
    assert metrics.threshold is metrics.tracking is None


def test_without_scores_there_is_no_average_precision(files):
    predicted, labelled = files(rally_ball="Frame,Visibility,X,Y\n0,1,101,100\n", rally=LABELS)
    metrics = scored(predicted, labels_of_file(labelled, None))
    assert (metrics.tp, metrics.fn, metrics.tn) == (1, 2, 1)
    assert metrics.ap is metrics.ap_wasb is None


def test_several_protocols_at_once(files):
    predicted, labelled = files(rally_ball="Frame,Visibility,X,Y\n0,1,110,100\n", rally=LABELS)
    labels = labels_of_file(labelled, (1280, 720))
    wasb, tracknetv3 = (
        measured.metrics
        for measured in score_predictions([read_ball_csv(predicted)], [labels], [WASB, TRACKNETV3])
    )
    assert (wasb.tp, wasb.fp1) == (0, 1)
    assert (tracknetv3.tp, tracknetv3.fp1) == (1, 0)


def test_a_reference_size_needs_the_size_of_the_pictures(files):
    predicted, labelled = files(rally_ball="Frame,Visibility,X,Y\n0,1,110,100\n", rally=LABELS)
    with pytest.raises(UserError, match=r"tracknetv3 measures at 512x288.*--size 1280x720"):
        score_predictions([read_ball_csv(predicted)], [labels_of_file(labelled, None)], [TRACKNETV3])


def test_predictions_that_go_on_after_the_labels_are_of_another_clip(files):
    predicted, labelled = files(rally_ball="Frame,Visibility,X,Y\n4,1,110,100\n", rally=LABELS)
    with pytest.raises(UserError, match=r"rally_ball\.csv: goes on to frame 4, but .* has 4 frames"):
        score_predictions([read_ball_csv(predicted)], [labels_of_file(labelled, None)], [WASB])


def test_clips_are_found_by_name():
    clips = [NamedClip(name=name) for name in ("game1/Clip1", "game1/Clip2", "game2/Clip1")]
    files = [Path("game2_Clip1_ball.csv"), Path("out/Clip2_ball.csv"), Path("game1_Clip1.csv")]
    assert [clip.name for clip in match_by_name(files, clips)] == [
        "game2/Clip1",
        "game1/Clip2",
        "game1/Clip1",
    ]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["Clip1_ball.csv"], r"Clip1_ball\.csv: could be of several clips \(game1/Clip1, game2/Clip1\)"),
        (["rally.csv"], r"rally\.csv: is of no clip there is \(game1/Clip1, game2/Clip1\)"),
        (["game1_Clip1.csv", "game1_Clip1_ball.csv"], r"is of clip game1/Clip1, as is game1_Clip1\.csv"),
    ],
)
def test_a_clip_that_cannot_be_told_is_asked_for(names, message):
    clips = [NamedClip(name="game1/Clip1"), NamedClip(name="game2/Clip1")]
    with pytest.raises(UserError, match=message):
        match_by_name([Path(name) for name in names], clips)


def test_a_clip_brings_its_size():
    assert labels_of_clip(NamedClip(name="game1/Clip1")).size == (1280, 720)


def test_the_diameters_of_a_label_file_count(files):
    predicted, labelled = files(
        rally_ball="Frame,Visibility,X,Y\n0,1,100,100\n1,1,110,100\n",
        rally="Frame,Visibility,X,Y,Diameter\n0,1,100,100,6\n1,1,110,100,6\n",
    )
    measured = scored(predicted, labels_of_file(labelled, (1280, 720)))
    assert [counts.frames for counts in measured.by_size.values()] == [2]
    assert "unknown" not in measured.by_size


def test_labels_clearly_outside_of_the_size_are_refused_and_slips_are_not(files):
    (labelled,) = files(rally="Frame,Visibility,X,Y\n0,1,90,90\n1,1,104,100\n2,0,,\n3,1,600,100\n")
    with pytest.raises(UserError, match=r"rally\.csv:5: labels a ball at 600, 100, outside .* 100x100 px"):
        labels_of_file(labelled, (100, 100))
    assert labels_of_file(labelled, (590, 100)).size == (590, 100)
    assert labels_of_file(labelled, None).size is None
