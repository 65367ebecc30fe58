import math
import os
import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest
from attrs import evolve

from tracknet_core.config.problems import UserError
from tracknet_core.data.clips import Clip
from tracknet_core.data.frames import PictureFolder


def folder_of(directory: Path, size: tuple[int, int] = (64, 48), suffix: str = ".jpg") -> PictureFolder:
    left_red = np.zeros((size[1], size[0], 3), np.uint8)
    left_red[:, : size[0] // 2, 2] = 255  # OpenCV's order is BGR
    name = f"0000{suffix}"
    cv2.imwrite(str(directory / name), left_red)
    return PictureFolder(directory=directory, names=(name,), size=size)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_pictures_are_rgb(tmp_path: Path, suffix: str) -> None:
    picture = folder_of(tmp_path, suffix=suffix).read(0)
    assert picture.shape == (48, 64, 3)
    assert picture.dtype == np.uint8
    np.testing.assert_allclose(picture[20, 10], (255, 0, 0), atol=2)
    np.testing.assert_allclose(picture[20, 50], (0, 0, 0), atol=2)


@pytest.mark.parametrize(
    ("at_least", "shape"),
    [((64, 48), (48, 64)), ((32, 24), (24, 32)), ((33, 24), (48, 64)), ((17, 9), (24, 32)), ((1, 1), (6, 8))],
)
def test_a_jpeg_comes_at_the_smallest_scale_that_is_enough(
    tmp_path: Path, at_least: tuple[int, int], shape: tuple[int, int]
) -> None:
    assert folder_of(tmp_path).read(0, at_least).shape[:2] == shape


def test_a_size_that_does_not_divide_is_not_reduced(tmp_path: Path) -> None:
    assert folder_of(tmp_path, size=(66, 47)).read(0, (10, 10)).shape == (47, 66, 3)


def test_a_png_always_comes_whole(tmp_path: Path) -> None:
    assert folder_of(tmp_path, suffix=".png").read(0, (8, 8)).shape == (48, 64, 3)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("kept", [0, 10, 100, -1])
def test_a_truncated_picture_is_named(tmp_path: Path, suffix: str, kept: int) -> None:
    frames = folder_of(tmp_path, suffix=suffix)
    frames.path(0).write_bytes(frames.path(0).read_bytes()[:kept])
    for at_least in (None, (8, 8)):
        with pytest.raises(UserError, match=rf"{frames.path(0)}: is truncated or no picture"):
            frames.read(0, at_least)


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    frames = folder_of(tmp_path)
    frames.path(0).unlink()
    for act in (lambda: frames.read(0), frames.fingerprint):
        with pytest.raises(UserError, match=rf"{frames.path(0)}: cannot be read"):
            act()


def test_a_picture_of_another_size_is_named_with_both_sizes(tmp_path: Path) -> None:
    folder_of(tmp_path, size=(32, 24))
    frames = PictureFolder(directory=tmp_path, names=("0000.jpg",), size=(64, 48))
    with pytest.raises(UserError, match=r"0000.jpg: is 32×24 px, the clip's first picture is 64×48"):
        frames.read(0)


def test_the_fingerprint_follows_content_and_place(tmp_path: Path) -> None:
    frames = folder_of(tmp_path)
    before = frames.fingerprint()
    assert frames.fingerprint() == before
    os.utime(frames.path(0), ns=(1, 1))
    assert frames.fingerprint() != before
    (tmp_path / "other").mkdir()
    other = folder_of(tmp_path / "other")
    os.utime(other.path(0), ns=(1, 1))
    assert other.fingerprint() != frames.fingerprint()


def test_a_store_pickles(tmp_path: Path) -> None:
    frames = folder_of(tmp_path)
    assert pickle.loads(pickle.dumps(frames)) == frames


def test_a_clip_has_one_label_a_frame(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1 frames, but visibility"):
        Clip(
            game="g",
            name="g/c",
            frames=folder_of(tmp_path),
            visibility=np.zeros(2, np.uint8),
            xy=np.zeros((2, 2)),
        )


def test_a_clips_lists_are_arrays_to_whoever_asks(tmp_path: Path) -> None:
    clip = Clip(
        game="g",
        name="g/c",
        frames=folder_of(tmp_path),
        visibility=[1],
        xy=[(3.5, math.nan)],
        diameter=[math.nan],
    )
    assert (clip.visibility.dtype, clip.visibility.tolist()) == (np.uint8, [1])
    assert (clip.xy.dtype, clip.xy.shape) == (np.float64, (1, 2))
    assert clip.diameter is not None
    assert np.isnan(clip.diameter).tolist() == [True]
    assert pickle.loads(pickle.dumps(clip)).xy[0, 0] == 3.5
    assert evolve(clip, name="h/c").visibility.tolist() == [1]


@pytest.mark.parametrize(("visibility", "xy"), [([1, 0], [(1.0, 1.0)]), ([1], []), ([], [])])
def test_a_list_has_one_label_a_frame_too(tmp_path: Path, visibility: list[int], xy: list[object]) -> None:
    with pytest.raises(ValueError, match="1 frames, but visibility"):
        Clip(game="g", name="g/c", frames=folder_of(tmp_path), visibility=visibility, xy=xy)
