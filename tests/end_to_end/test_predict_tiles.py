"""``tracknet predict --region --tiles`` with the trained checkpoint that comes with tracknet-vit."""

import csv

import cv2
import numpy as np
import pytest

import tracknet_core
from tracknet_core.cli.main import main
from tracknet_core.data.synthetic.clip import render_clip
from tracknet_core.data.synthetic.spec import SynthSpec

RUN = "tracknet/vit-tiny-synthetic"
LARGE, SMALL = (2048, 1152), (512, 288)
CORNER = np.array([800, 450])
FRAMES = 6


@pytest.fixture(scope="module")
def far_away(tmp_path_factory):
    """A scene at the size of the model's input, in the middle of a picture four times as wide.

    Returns the folder of pictures, where the ball is and whether it is clearly to be seen.
    """
    folder = tmp_path_factory.mktemp("far_away")
    spec = SynthSpec(games=1, clips=1, frames=FRAMES, seed=5, size=SMALL, sport="tennis", difficulty="easy")
    places, clear = [], []
    for number, (picture, label) in enumerate(render_clip(spec, 1, 1)):
        image = np.full((*LARGE[::-1], 3), 90, np.uint8)
        image[CORNER[1] : CORNER[1] + SMALL[1], CORNER[0] : CORNER[0] + SMALL[0]] = picture
        cv2.imwrite(str(folder / f"{number}.jpg"), image[..., ::-1])
        places.append(CORNER + np.array(label.xy if label.xy is not None else (np.nan, np.nan)))
        clear.append(label.visibility == 1)
    return folder, np.array(places), np.array(clear)


def found(points, places):
    """Whether the ball was found within five pixels, for each frame."""
    xy = np.array([point.xy or (np.nan, np.nan) for point in points])
    return np.hypot(*(xy - places).T) < 5


def test_a_ball_lost_in_the_whole_picture_is_found_in_tiles(far_away):
    folder, places, clear = far_away
    predictor = tracknet_core.load(RUN)
    assert clear.sum() >= 4
    assert found(predictor.track(folder), places)[clear].mean() < 0.5
    assert found(predictor.track(folder, region=(640, 360, 768, 432), tiles=(2, 2)), places)[clear].all()


def test_the_command_gives_the_same(far_away, tmp_path):
    folder, places, clear = far_away
    words = ["--region", f"{CORNER[0]},{CORNER[1]},512,288", "--output", str(tmp_path), "--quiet"]
    assert main(["predict", RUN, str(folder), *words]) == 0
    with next(tmp_path.glob("*_ball.csv")).open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [int(row["Frame"]) for row in rows] == list(range(FRAMES))
    for row, place, visible in zip(rows, places, clear, strict=True):
        if visible:
            assert (float(row["X"]), float(row["Y"])) == pytest.approx(place, abs=5)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--region", "0,0,9999,10"], "--region 0,0,9999,10: does not lie in"),
        (["--region", "here"], "--region here: is not a region"),
        (["--tiles", "2"], "--tiles 2: are no tiles"),
        (["--tiles", "0x1"], "--tiles 0x1: cannot be cut"),
    ],
)
def test_what_cannot_be_looked_at_is_refused(far_away, tmp_path, capsys, words, message):
    folder, *_ = far_away
    assert main(["predict", RUN, str(folder), *words, "--output", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()
