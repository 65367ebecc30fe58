"""Frames of videos reach a cache in the order in which they are decoded, however they are asked for."""

import random

import numpy as np
import pytest

from tracknet_core.config.schema import DataConfig, PreprocessConfig
from tracknet_core.data.clips import Clip
from tracknet_core.data.errors import PictureError
from tracknet_core.data.reader import FrameReader
from tracknet_core.data.video.decoder import FrameDecoder
from tracknet_core.data.video.frames import VideoFrames

B_FRAMES = {"preset": "medium", "bf": "3"}


@pytest.fixture
def clip(film) -> Clip:
    """The frames 3 to 37 of a video with keyframes at 0, 10, 20 and 30."""
    frames = VideoFrames(file=film(options=B_FRAMES), size=(64, 48), start=3, count=35)
    return Clip(
        game="g", name="g/a", frames=frames, visibility=np.zeros(35, np.uint8), xy=np.full((35, 2), np.nan)
    )


@pytest.fixture
def seeks(monkeypatch) -> list[int]:
    """The keyframes that decoding was begun from."""
    entered: list[int] = []
    enter = FrameDecoder._enter
    monkeypatch.setattr(
        FrameDecoder,
        "_enter",
        lambda self, entry, number: entered.append(entry) or enter(self, entry, number),
    )
    return entered


def read(clip: Clip, cache: str, order: list[int]) -> list[np.ndarray]:
    reader = FrameReader([clip], DataConfig(cache=cache, preprocess=PreprocessConfig(resize=(32, 24))))
    found = {index: reader.read(0, index) for index in order}
    return [found[index] for index in sorted(found)]


def test_frames_that_go_together_follow_one_keyframe(clip) -> None:
    assert clip.frames.together(0) == range(7)  # 3 to 9 of the video
    assert clip.frames.together(6) == range(7)
    assert clip.frames.together(7) == range(7, 17)
    assert clip.frames.together(34) == range(27, 35)


@pytest.mark.parametrize("cache", ["ram", "disk"])
def test_no_part_of_a_video_is_decoded_twice(clip, seeks, cache, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TRACKNET_CACHE", str(tmp_path / "cache"))
    shuffled = random.Random(0).sample(range(35), 35)
    plain = read(clip, "none", list(range(35)))
    seeks.clear()
    for expected, found in zip(plain, read(clip, cache, shuffled), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert len(seeks) <= 4
    assert len(set(seeks)) == len(seeks)


def test_a_damaged_neighbour_is_told_only_when_it_is_asked_for(clip, monkeypatch) -> None:
    whole = FrameDecoder.read

    def damaged(self, number):
        if number == 8:
            raise PictureError("frame 8 is damaged")
        return whole(self, number)

    monkeypatch.setattr(FrameDecoder, "read", damaged)
    reader = FrameReader([clip], DataConfig(cache="ram", preprocess=PreprocessConfig(resize=(32, 24))))
    reader.read(0, 4)
    with pytest.raises(PictureError, match="frame 8 is damaged"):
        reader.read(0, 5)
