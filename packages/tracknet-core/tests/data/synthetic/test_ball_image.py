"""A painted ball lies where it is said to lie, and has the area of its disc."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracknet_core.data.synthetic.ball_image import Paint, discs, moments, sweep
from tracknet_core.data.synthetic.camera import look_at

WHITE = Paint(first=(240, 240, 240), second=(240, 240, 240))
at = st.floats(20, 40)


def middle(swept) -> tuple[float, float]:  # type: ignore[no-untyped-def]
    rows, columns = np.indices(swept.cover.shape)
    total = swept.cover.sum()
    return (
        float((columns * swept.cover).sum() / total) + swept.box[0],
        float((rows * swept.cover).sum() / total) + swept.box[1],
    )


@settings(deadline=None)
@given(at, at, st.floats(1.5, 8.0), st.floats(0.3, 1.4))
def test_the_centroid_is_the_centre_to_a_twentieth_of_a_pixel(
    x: float, y: float, radius: float, softness: float
) -> None:
    swept = sweep(np.array([[[x, y]]]), np.array([[radius]]), WHITE, softness)

    assert middle(swept) == pytest.approx((x, y), abs=0.05)
    assert swept.cover.max() <= 1


def test_the_area_is_that_of_the_disc_and_motion_spreads_it() -> None:
    still = sweep(np.array([[[30.0, 30.0]]]), np.array([[6.0]]), WHITE, 0.5)
    path = np.array([30.0, 30.0]) + np.array([20.0, 0.0]) * moments(40.0)[:, None]
    moving = sweep(path[:, None], np.full((len(path), 1), 6.0), WHITE, 0.5)

    assert still.cover.sum() == pytest.approx(np.pi * 36, rel=0.05)
    assert moving.cover.sum() == pytest.approx(still.cover.sum(), rel=0.02)
    assert moving.cover.max() < 0.35
    assert middle(moving) == pytest.approx((30, 30), abs=0.05)


def test_a_shuttlecock_has_its_middle_where_it_is() -> None:
    camera = look_at((0.0, -12.0, 5.0), (0.0, 0.0, 1.0), focal=2500.0, size=(1280, 720))
    place = np.array([[0.4, 1.0, 2.0]])

    centres, radii = discs("badminton", 0.033, place, np.array([[3.0, 1.0, 2.0]]), camera)
    swept = sweep(centres, radii, WHITE, 0.5)

    assert middle(swept) == pytest.approx(tuple(camera.project(place[0])[0]), abs=0.5)
    assert swept.cover.sum() > np.pi * radii.max() ** 2
