"""What is drawn is where the ball is, in the colour of its source."""

import numpy as np
import pytest

from tracknet_core.inference.drawing import COLOURS, draw_ball
from tracknet_core.inference.points import BallPoint

GREY = np.full((120, 160, 3), 90, np.uint8)


def point(frame: int, xy: tuple[float, float] | None, source: str = "detected") -> BallPoint:
    return BallPoint(frame=frame, time=frame / 30, xy=xy, score=1.0, source=source if xy else None)  # type: ignore[arg-type]


def changed(drawn: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    return np.argwhere((drawn != GREY).any(axis=-1))


@pytest.mark.parametrize("source", ["detected", "tracked", "interpolated"])
def test_a_ring_around_the_ball_in_the_colour_of_its_source(source: str) -> None:
    drawn = draw_ball(GREY, [point(0, (80.0, 60.0), source)])
    assert changed(drawn).mean(axis=0) == pytest.approx([60, 80], abs=0.5)
    assert (drawn[60, 80] == GREY[60, 80]).all(), "the ball itself stays to be seen"
    ring = drawn[drawn.max(axis=-1) > 150].astype(int)
    distance = {name: np.abs(ring - colour).sum(axis=-1).min() for name, colour in COLOURS.items()}
    assert min(distance, key=distance.__getitem__) == source


def test_the_picture_given_is_left_as_it_is() -> None:
    before = GREY.copy()
    draw_ball(GREY, [point(0, (80.0, 60.0))])
    assert (before == GREY).all()


def test_nothing_is_drawn_where_no_ball_is() -> None:
    assert (draw_ball(GREY, [point(0, None)]) == GREY).all()
    assert (draw_ball(GREY, []) == GREY).all()


def test_the_trail_fades_with_age() -> None:
    trail = [point(number, (20.0 + 30 * number, 60.0)) for number in range(4)]
    drawn = draw_ball(GREY, [*trail, point(4, None)]).astype(int)
    strength = [np.abs(drawn[60, x] - 90).sum() for x in (35, 65, 95)]
    assert 0 < strength[0] < strength[1] < strength[2]


def test_the_trail_is_broken_where_no_ball_was_seen() -> None:
    drawn = draw_ball(GREY, [point(0, (20.0, 60.0)), point(1, None), point(2, (140.0, 60.0))])
    assert (drawn[60, 60:100] == 90).all()


@pytest.mark.parametrize("xy", [(0.0, 0.0), (159.0, 119.0), (-3.0, 200.0)])
def test_balls_at_the_edge(xy: tuple[float, float]) -> None:
    draw_ball(GREY, [point(0, (80.0, 60.0)), point(1, xy)])
