"""The camera is a pinhole, and turning it maps its picture by a homography."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracknet_core.data.synthetic.camera import in_front, look_at
from tracknet_core.data.synthetic.venue import recentred

SIZE = (1280, 720)
CAMERA = look_at((3.0, -25.0, 8.0), (0.0, 0.0, 1.0), focal=1500.0, size=SIZE, roll=0.02)
small = st.floats(-0.1, 0.1)


def test_the_target_is_in_the_middle_and_up_is_up() -> None:
    middle, depth = CAMERA.project((0.0, 0.0, 1.0))
    above, _ = CAMERA.project((0.0, 0.0, 2.0))
    right, _ = CAMERA.project((1.0, 0.0, 1.0))

    assert middle == pytest.approx([639.5, 359.5])
    assert depth == pytest.approx(np.linalg.norm([3, 25, 7]))
    assert above[1] < middle[1]
    assert right[0] > middle[0]


@given(small, small, small, st.floats(0.9, 1.2))
def test_a_turned_camera_sees_the_same_picture_through_a_homography(
    yaw: float, pitch: float, roll: float, zoom: float
) -> None:
    points = np.array([(-5.0, -8.0, 0.0), (4.0, 10.0, 2.0), (0.0, 0.0, 6.0)])
    other = recentred(CAMERA, (1500, 840)).turned(yaw=yaw, pitch=pitch, roll=roll, zoom=zoom)
    seen, _ = CAMERA.project(points)

    mapped = np.concatenate([seen, np.ones((3, 1))], axis=1) @ CAMERA.to_pose(other).T

    assert mapped[:, :2] / mapped[:, 2:] == pytest.approx(other.project(points)[0], abs=1e-6)


def test_the_floor_under_a_pixel_projects_back_onto_it() -> None:
    x, y = CAMERA.ground(SIZE)

    seen, _ = CAMERA.project(np.array([x[600, 200], y[600, 200], 0.0]))

    assert seen == pytest.approx([200, 600], abs=0.05)


def test_a_polygon_is_cut_where_it_passes_the_camera() -> None:
    floor = np.array([(-50.0, -50.0, 0.0), (50.0, -50.0, 0.0), (50.0, 50.0, 0.0), (-50.0, 50.0, 0.0)])

    kept = in_front(floor, CAMERA)

    assert CAMERA.to_camera(kept)[:, 2].min() == pytest.approx(0.3)
    assert len(in_front(floor - (0, 200, 0), CAMERA)) == 0
