from typing import Literal

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tracknet_core.config.schema import AugmentConfig
from tracknet_core.data.augment import Augmentation, Change
from tracknet_core.data.geometry import PictureMap

SIZE = (128, 96)
NOTHING = AugmentConfig()
EVERYTHING = AugmentConfig(
    zoom=0.2,
    shift=0.1,
    rotate=10,
    brightness=0.3,
    contrast=0.3,
    saturation=0.3,
    hue=30,
    blur=1.5,
    compression=0.5,
)


def augmentation(config: AugmentConfig = NOTHING, flip_prob: float = 0.0, seed: int = 1) -> Augmentation:
    return Augmentation(config=config, flip_prob=flip_prob, size=SIZE, seed=seed)


def drawn(config: AugmentConfig, flip_prob: float = 0.0, index: int = 0) -> Change:
    change = augmentation(config, flip_prob).change(0, index)
    assert change is not None
    return change


def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)


def centroid(picture: np.ndarray) -> np.ndarray:
    """Centre of what is brighter than the padding, in continuous px."""
    weight = np.clip(picture[..., 0].astype(float) - 130, 0, None)
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]] + 0.5
    return np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()


def test_a_change_is_a_pure_function_of_seed_epoch_and_window() -> None:
    np.random.seed(0)  # the global numbers must not matter
    first = augmentation(EVERYTHING, 0.5).change(3, 7)
    np.random.seed(1)
    again = augmentation(EVERYTHING, 0.5).change(3, 7)
    assert first is not None
    assert again is not None
    np.testing.assert_array_equal(first.picture(noise()), again.picture(noise()))


@pytest.mark.parametrize(("seed", "epoch", "index"), [(2, 3, 7), (1, 4, 7), (1, 3, 8)])
def test_each_of_the_three_matters(seed: int, epoch: int, index: int) -> None:
    first = augmentation(EVERYTHING).change(3, 7)
    other = augmentation(EVERYTHING, seed=seed).change(epoch, index)
    assert first is not None
    assert other is not None
    assert not np.array_equal(first.picture(noise()), other.picture(noise()))


def test_the_identity_costs_nothing() -> None:
    assert augmentation().change(0, 0) is None


def test_a_negative_seed_is_a_seed() -> None:
    assert augmentation(EVERYTHING, seed=-1).change(0, 0) is not None


@pytest.mark.parametrize("index", range(12))
def test_labels_move_with_the_picture(index: int) -> None:
    change = drawn(AugmentConfig(zoom=0.3, shift=0.1, rotate=20), flip_prob=0.5, index=index)
    picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    cv2.circle(picture, (70, 40), 5, (255, 255, 255), -1)
    expected = change.points(np.array([[70.5, 40.5]], np.float32))[0]
    np.testing.assert_allclose(centroid(change.picture(picture)), expected, atol=0.2)


OPERATIONS = {
    "flip": (AugmentConfig(), 1.0),
    "zoom": (AugmentConfig(zoom=0.4), 0.0),
    "shift": (AugmentConfig(shift=0.2), 0.0),
    "rotate": (AugmentConfig(rotate=30), 0.0),
    "affine, flipped": (AugmentConfig(zoom=0.3, shift=0.1, rotate=20), 1.0),
    "brightness": (AugmentConfig(brightness=0.5), 0.0),
    "contrast": (AugmentConfig(contrast=0.5), 0.0),
    "saturation": (AugmentConfig(saturation=1.0), 0.0),
    "hue": (AugmentConfig(hue=180), 0.0),
    "blur": (AugmentConfig(blur=3.0), 0.0),
    "compression": (AugmentConfig(compression=1.0), 0.0),
    "everything": (EVERYTHING, 0.5),
}
STAYS = ("brightness", "contrast", "saturation", "hue", "blur", "compression")


SOURCE = (160, 90)


def dot_at(x: float, y: float) -> np.ndarray:
    """A source picture with a ball of a few pixels at a source position, over no plain background."""
    rows, columns = np.mgrid[: SOURCE[1], : SOURCE[0]]
    dot = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 2.5**2))
    background = 60 + 20 * np.sin(columns / 9) + 20 * np.cos(rows / 7)
    return np.rint(background[..., None] + dot[..., None] * (150, 140, 60)).astype(np.uint8)


@pytest.mark.parametrize("fit", ["stretch", "letterbox"])
@pytest.mark.parametrize("operation", OPERATIONS)
@settings(max_examples=10)
@given(
    x=st.floats(20, 140),
    y=st.floats(20, 70),
    index=st.integers(0, 10_000),
)
def test_the_ball_is_where_its_label_says_after_every_operation(
    operation: str, fit: Literal["stretch", "letterbox"], x: float, y: float, index: int
) -> None:
    to_input = PictureMap(SOURCE, SIZE, fit)
    label = to_input.to_target(np.array([[x, y]], np.float32))
    change = drawn(*OPERATIONS[operation], index=index)
    with_dot, without = (
        change.picture(to_input.warp(dot_at(*place))).astype(float) for place in ((x, y), (-99, -99))
    )
    (expected,) = change.points(label)
    if operation in STAYS:
        np.testing.assert_array_equal([expected], label)
    assume((expected >= 8).all() and (expected <= np.array(SIZE) - 8).all())  # nan too: the ball has left
    weight = np.abs(with_dot - without).sum(-1)
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]] + 0.5
    weight[np.hypot(columns - expected[0], rows - expected[1]) > 8] = 0  # what JPEG changes far away
    weight[weight < 0.25 * weight.max()] = 0
    found = np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()
    np.testing.assert_allclose(found, expected, atol=0.5)


@given(index=st.integers(0, 10_000), x=st.floats(0, 128), y=st.floats(0, 96))
def test_a_label_that_is_left_lies_in_the_picture(index: int, x: float, y: float) -> None:
    change = drawn(AugmentConfig(zoom=0.9, shift=0.5, rotate=45), 0.5, index=index)
    (moved,) = change.points(np.array([[x, y]], np.float32))
    assert np.isnan(moved).all() or ((moved >= 0) & (moved <= SIZE)).all()


def test_flipping_is_exact() -> None:
    change = drawn(AugmentConfig(), flip_prob=1.0)
    np.testing.assert_array_equal(change.picture(noise()), noise()[:, ::-1])
    assert change.points(np.array([[0.5, 3.0]], np.float32)).tolist() == [[127.5, 3.0]]


def test_flips_are_as_frequent_as_asked() -> None:
    changes = [augmentation(flip_prob=0.3).change(0, index) for index in range(500)]
    assert 0.24 < np.mean([change is not None and change.flip for change in changes]) < 0.36


@given(st.integers(0, 1000))
def test_changes_stay_within_their_limits(index: int) -> None:
    change = drawn(EVERYTHING, index=index)
    assert change.affine is not None
    linear = change.affine[:, :2]
    scale = np.sqrt(np.linalg.det(linear))
    assert 1 / 1.2 - 1e-9 <= scale <= 1.2 + 1e-9
    assert abs(np.degrees(np.arctan2(linear[1, 0], linear[0, 0]))) <= 10
    centre = np.array(SIZE) / 2
    assert (np.abs(linear @ centre + change.affine[:, 2] - centre) <= 0.1 * np.array(SIZE) + 1e-9).all()
    assert 0 <= change.blur <= 1.5
    assert change.quality is None or 30 <= change.quality <= 95


def test_a_ball_that_leaves_the_picture_is_lost() -> None:
    change = Change(size=SIZE, affine=np.array([[1.0, 0, 100], [0, 1, 0]]))
    moved = change.points(np.array([[20, 30], [40, 30], [np.nan, np.nan]], np.float32))
    np.testing.assert_array_equal(
        moved, np.array([[120, 30], [np.nan, np.nan], [np.nan, np.nan]], np.float32)
    )
    assert moved.dtype == np.float32


def test_turning_a_setting_on_leaves_the_other_draws_alone() -> None:
    alone, together = drawn(AugmentConfig(rotate=10)), drawn(EVERYTHING)
    assert alone.affine is not None
    assert together.affine is not None
    angles = [np.arctan2(affine[1, 0], affine[0, 0]) for affine in (alone.affine, together.affine)]
    assert angles[0] == pytest.approx(angles[1])


def test_brightness_and_contrast() -> None:
    grey = np.full((SIZE[1], SIZE[0], 3), 100, np.uint8)
    brighter = drawn(AugmentConfig(brightness=0.5)).picture(grey)
    assert 50 <= brighter.min() <= brighter.max() <= 150
    assert brighter.min() == brighter.max() != 100
    middle = np.full((SIZE[1], SIZE[0], 3), 127, np.uint8)
    assert np.abs(drawn(AugmentConfig(contrast=0.9)).picture(middle).astype(int) - 127).max() <= 1


@pytest.mark.parametrize("config", [AugmentConfig(saturation=1.0), AugmentConfig(hue=180)])
def test_saturation_and_hue_leave_grey_alone_and_change_red(config: AugmentConfig) -> None:
    grey = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    assert np.abs(drawn(config).picture(grey).astype(int) - 90).max() <= 1
    red = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    red[..., 0] = 200
    assert np.abs(drawn(config).picture(red).astype(int) - red).max() > 10


def test_a_hue_of_120_degrees_turns_red_to_green() -> None:
    from tracknet_core.data.augment import _about_grey

    np.testing.assert_allclose(_about_grey(np.radians(120)) @ (1, 0, 0), (0, 1, 0), atol=1e-12)


def test_blur_and_compression_soften() -> None:
    picture = noise()
    assert drawn(AugmentConfig(blur=3.0), index=1).picture(picture).std() < picture.std()
    compressed = drawn(AugmentConfig(compression=1.0)).picture(picture)
    assert not np.array_equal(compressed, picture)
    assert compressed.shape == picture.shape


def test_compression_costs_blue_more_detail_than_red() -> None:
    def kept(channel: int) -> float:
        picture = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
        picture[..., channel] = noise()[..., 0]
        return float(Change(size=SIZE, quality=50).picture(picture)[..., channel].std())

    assert kept(0) > kept(2)  # as in footage: JPEG, like the eye, sees red better


def test_the_picture_itself_is_not_touched() -> None:
    picture = noise()
    drawn(EVERYTHING, flip_prob=1.0).picture(picture)
    np.testing.assert_array_equal(picture, noise())
