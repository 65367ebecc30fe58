"""What a layout could not hold is counted, kind by kind."""

from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

from tracknet_core.config.problems import RunError
from tracknet_core.data.clips import Clip
from tracknet_core.data.frames import PictureFolder
from tracknet_core.data.losses import losses
from tracknet_core.data.video.frames import VideoFrames

VIDEO = VideoFrames(file=Path("a.mp4"), size=(64, 48), start=0, count=3)
JPEG = PictureFolder(directory=Path(), names=("0.jpg", "1.jpg", "2.jpg"), size=(64, 48))
PNG = evolve(JPEG, names=("0.png", "1.png", "2.png"))
CLIP = Clip(
    game="g",
    name="g/a",
    frames=JPEG,
    visibility=np.array([1, 2, 3], np.uint8),
    xy=np.array([(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]),
)
NAN = np.nan


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {}, []),
        ({"split": "test"}, {}, ["1 clip of the side test on no side: the layout has none"]),
        ({}, {"split": "train"}, ["1 clip of no side on the side train"]),
        ({"split": "val"}, {"split": "train"}, ["1 clip of the side val on the side train"]),
        ({"fps": 25.0}, {}, ["the frame rate of 1 clip: pictures have none"]),
        ({}, {"fps": 30.0}, ["1 clip without a frame rate: given one of 30"]),
        ({"fps": 25.0}, {"fps": 24.0}, ["the frame rate of 1 clip, such as 25, now 24"]),
        ({"fps": 29.97}, {"fps": 30000 / 1001}, []),
        (
            {},
            {
                "visibility": np.array([1, 1, 0], np.uint8),
                "xy": np.array([(1.0, 1.0), (2.0, 2.0), (NAN, NAN)]),
            },
            [
                "1 label of visibility 2, now 1",
                "1 label of visibility 3, now 0",
                "1 position of balls that the layout counts as not seen",
            ],
        ),
        (
            {},
            {"xy": np.array([(1.0, 1.0), (2.0, 2.0), (3.0, 3.5)])},
            ["1 position moved, by up to 0.5 px"],
        ),
        ({"diameter": np.array([4.0, NAN, 5.0])}, {}, ["2 diameters of balls"]),
        ({}, {"frames": VIDEO}, ["the exact pixels of 3 frames, encoded as H.264"]),
        ({"frames": VIDEO}, {}, ["the exact pixels of 3 frames, encoded as JPEG of quality 95"]),
        ({"frames": PNG}, {}, ["the exact pixels of 3 frames, encoded as JPEG of quality 95"]),
        ({"frames": VIDEO}, {"frames": PNG}, []),
        ({}, {"frames": PNG}, []),
        ({"frames": VIDEO}, {"frames": VIDEO}, []),
        (
            {"game": "g", "name": "g/g"},
            {"game": "g", "name": "g"},
            ["1 clip called differently, such as g/g, now g"],
        ),
    ],
)
def test_each_kind_is_told_with_its_number(before, after, told) -> None:
    assert losses([evolve(CLIP, **before)], [evolve(CLIP, **after)]) == told


def test_clips_are_matched_by_name_in_any_order() -> None:
    other = evolve(CLIP, name="g/b", xy=CLIP.xy + 1)
    assert losses([CLIP, other], [other, CLIP]) == []


@pytest.mark.parametrize("name", ["g/b", "other/a"])
def test_a_clip_that_is_gone_is_an_error(name) -> None:
    with pytest.raises(RunError, match="g/a: was written, but does not read back whole"):
        losses([CLIP], [evolve(CLIP, game=name.split("/")[0], name=name)])
