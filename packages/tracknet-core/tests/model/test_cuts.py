"""A cut is a lasting change of the scene; a flash, a pan or a shaken camera is none."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tracknet_core.model.cuts import mark_cuts

Picture = NDArray[np.uint8]


def scene(seed: int, width: int = 512, height: int = 288) -> Picture:
    """Soft blobs of colour, as unlike for each seed as venues are."""
    coarse = np.random.default_rng(seed).integers(0, 256, (height // 48, width // 48, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def noisy(picture: Picture, seed: int, deviation: float = 6.0) -> Picture:
    noise = np.random.default_rng(seed).normal(0, deviation, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def shot(seed: int, frames: int) -> list[Picture]:
    return [noisy(scene(seed), 100 * seed + frame) for frame in range(frames)]


def cuts(pictures: list[Picture]) -> list[int]:
    marked = list(mark_cuts((picture,) for picture in pictures))
    assert all(given is picture for ((given,), _), picture in zip(marked, pictures, strict=True))
    return [number for number, (_, cut) in enumerate(marked) if cut]


@pytest.mark.parametrize("lengths", [(10, 10), (1, 20), (20, 1), (5, 1, 1, 5), (3, 40, 2)])
def test_a_cut_is_the_first_frame_of_another_scene(lengths: tuple[int, ...]) -> None:
    pictures = [picture for seed, frames in enumerate(lengths) for picture in shot(seed, frames)]
    assert cuts(pictures) == np.cumsum(lengths)[:-1].tolist()


def test_another_view_of_the_same_scene_is_a_cut() -> None:
    near = cv2.resize(scene(1)[60:228, 100:400], (512, 288))
    assert cuts([*shot(1, 8), *[noisy(near, seed) for seed in range(8)]]) == [8]


def test_from_black_and_to_black_are_cuts() -> None:
    black = [noisy(np.zeros((288, 512, 3), np.uint8), seed, 2.0) for seed in range(5)]
    assert cuts([*shot(1, 6), *black, *shot(2, 6)]) == [6, 11]


@pytest.mark.parametrize("frames", [1, 3])
def test_a_flash_is_no_cut(frames: int) -> None:
    pictures = shot(1, 20)
    for frame in range(8, 8 + frames):
        pictures[frame] = np.clip(pictures[frame] * 0.5 + 110, 0, 255).astype(np.uint8)
    assert cuts(pictures) == []


def test_a_flash_of_one_frame_is_no_cut_though_nothing_else_can_be_seen() -> None:
    pictures = shot(1, 20)
    pictures[8] = np.full_like(pictures[8], 255)
    assert cuts(pictures) == []


@pytest.mark.parametrize("step", [10, 40])
def test_a_pan_is_no_cut(step: int) -> None:
    wide = scene(3, width=2048)
    assert cuts([noisy(wide[:, step * frame :][:, :512], frame) for frame in range(30)]) == []


def test_a_shaken_camera_is_no_cut() -> None:
    wide, random = scene(4, width=640, height=400), np.random.default_rng(0)
    corners = [(int(random.integers(0, 40)), int(random.integers(0, 24))) for _ in range(40)]
    assert cuts([noisy(wide[y:, x:][:288, :512], x) for x, y in corners]) == []


def mixed(share: float) -> Picture:
    return np.asarray((1 - share) * scene(5) + share * scene(6), np.uint8)


def test_a_change_that_is_usual_lately_is_no_cut() -> None:
    lively = [mixed(0.15 * (frame % 2)) for frame in range(20)]
    still = [mixed(0.15)] * 20
    changed = [mixed(0.5)] * 4
    assert cuts([*still, *changed]) == [20]
    assert cuts([*lively, *changed]) == []


def test_a_cut_in_tiles_is_one_for_all_of_them() -> None:
    one, other = scene(1), scene(2)
    still = np.full_like(one, 40)
    frames = [(still, one)] * 4 + [(still, other)] * 4
    assert [cut for _, cut in mark_cuts(frames)] == [False] * 4 + [True] + [False] * 3


def test_no_frame_has_no_cut() -> None:
    assert list(mark_cuts([])) == []


def test_one_frame_is_read_ahead_and_no_more() -> None:
    read = 0

    def stream() -> Iterator[tuple[Picture]]:
        nonlocal read
        for picture in shot(1, 30):
            read += 1
            yield (picture,)

    for told, _ in enumerate(mark_cuts(stream()), start=1):
        assert read <= told + 1
