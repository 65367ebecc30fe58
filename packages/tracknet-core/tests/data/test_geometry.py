import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tracknet_core.data.geometry import PADDING, PictureMap, mirror, rescale

sizes = st.tuples(st.integers(1, 4000), st.integers(1, 4000))
fits = st.sampled_from(["stretch", "letterbox"])
maps = st.builds(PictureMap, sizes, sizes, fits)
shares = st.tuples(st.floats(0, 1), st.floats(0, 1))


@given(maps, shares)
def test_there_and_back_is_the_same_point(picture: PictureMap, share: tuple[float, float]) -> None:
    xy = np.array(share) * picture.source - 0.5
    np.testing.assert_allclose(picture.to_source(picture.to_target(xy)), xy, atol=1e-6)


@given(maps, shares)
def test_a_point_of_the_picture_lies_within_its_content(
    picture: PictureMap, share: tuple[float, float]
) -> None:
    xy = picture.to_target(np.array(share) * picture.source - 0.5)
    assert (xy >= np.array(picture.offset) - 1e-6).all()
    assert (xy <= np.array(picture.offset) + picture.content + 1e-6).all()
    assert (np.array(picture.offset) + picture.content <= picture.target).all()


@given(maps, shares)
def test_torch_and_numpy_agree(picture: PictureMap, share: tuple[float, float]) -> None:
    xy = np.array([[share, share]]) * picture.source
    for function in (picture.to_target, picture.to_source):
        np.testing.assert_allclose(function(torch.from_numpy(xy)).numpy(), function(xy))


@given(st.integers(1, 4000), shares)
def test_mirroring_twice_is_nothing(width: int, share: tuple[float, float]) -> None:
    xy = np.array(share) * width
    np.testing.assert_allclose(mirror(mirror(xy, width), width), xy, atol=1e-9)


def test_the_centre_of_the_first_pixel_is_index_0_and_continuous_half() -> None:
    assert PictureMap((64, 32), (64, 32)).to_target(np.zeros(2)).tolist() == [0.5, 0.5]
    assert PictureMap((64, 32), (32, 16)).to_target(np.zeros(2)).tolist() == [0.25, 0.25]


def test_input_to_heatmap_is_a_multiplication() -> None:
    assert rescale(np.array([256.0, 144.0]), (512, 288), (256, 144)).tolist() == [128.0, 72.0]


def test_mirroring_swaps_the_outer_pixels() -> None:
    assert mirror(np.array([0.5, 3.0]), 64).tolist() == [63.5, 3.0]


def test_types_and_missing_points_are_kept() -> None:
    picture = PictureMap((64, 32), (32, 32), "letterbox")
    assert picture.to_target(np.zeros(2, np.float32)).dtype == np.float32
    assert picture.to_target(torch.zeros(2, dtype=torch.float64)).dtype == torch.float64
    assert np.isnan(picture.to_target(np.full((3, 2), np.nan))).all()


def test_letterbox_keeps_the_aspect_ratio_and_pads_evenly() -> None:
    picture = PictureMap((1280, 720), (512, 512), "letterbox")
    assert (picture.content, picture.offset) == ((512, 288), (0, 112))
    warped = picture.warp(np.zeros((720, 1280, 3), np.uint8))
    assert (warped[:112] == PADDING).all()
    assert (warped[112:400] == 0).all()
    assert (warped[400:] == PADDING).all()


@pytest.mark.parametrize("fit", ["stretch", "letterbox"])
@pytest.mark.parametrize("target", [(96, 54), (100, 80), (640, 480)])
@pytest.mark.parametrize("reduced", [1, 2, 4])
def test_a_dot_ends_where_the_map_says(fit: str, target: tuple[int, int], reduced: int) -> None:
    source, centre = (320, 240), (200, 80)
    image = np.zeros((240, 320, 3), np.uint8)
    cv2.circle(image, centre, 12, (255, 255, 255), -1)
    seen = cv2.resize(image, (320 // reduced, 240 // reduced), interpolation=cv2.INTER_AREA)
    picture = PictureMap(source, target, fit)  # type: ignore[arg-type]
    warped = picture.warp(seen)
    assert warped.shape == (target[1], target[0], 3)
    left, upper = picture.offset
    content = np.zeros(warped.shape[:2])
    inner = np.s_[upper : upper + picture.content[1], left : left + picture.content[0]]
    content[inner] = warped[inner][..., 0]
    rows, columns = np.mgrid[: target[1], : target[0]] + 0.5
    found = np.array([(columns * content).sum(), (rows * content).sum()]) / content.sum()
    np.testing.assert_allclose(found, picture.to_target(np.array(centre, float)), atol=0.1)


def test_nothing_is_done_where_nothing_is_to_be_done() -> None:
    image = np.zeros((48, 64, 3), np.uint8)
    assert PictureMap((128, 96), (64, 48)).warp(image) is image


def test_an_empty_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="0×5"):
        PictureMap((0, 5), (4, 4))
