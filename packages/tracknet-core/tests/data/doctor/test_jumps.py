"""Balls bounce, are hit, fly in arcs, rest and hide; only a label that leaps away and back is a jump."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tracknet_core.data.clips import Clip
from tracknet_core.data.doctor.jumps import jumping_labels

MakeClip = Callable[..., Clip]

velocity = st.tuples(st.floats(-80, 80), st.floats(-80, 80)).map(np.array)
gravity = st.floats(0, 4)


def flight(velocity: NDArray[np.float64], gravity: float, frames: int) -> NDArray[np.float64]:
    time = np.arange(frames)[:, None]
    return time * velocity + np.array([0, 0.5 * gravity]) * time**2


@given(velocity, velocity, gravity, st.integers(3, 9), st.floats(0, 1))
def test_a_ball_that_turns_once_is_no_jump(before, after, gravity, turn, part) -> None:  # type: ignore[no-untyped-def]
    """Wherever between two frames the ball is hit, and however hard."""
    coming = flight(before, gravity, 12)[: turn + 1]
    hit = coming[-1] + part * before
    going = hit + (1 - part) * after + flight(after, gravity, 8)
    from_memory = _clip(np.concatenate([coming, going]))
    assert list(jumping_labels(from_memory)) == []


@given(velocity, gravity, st.integers(2, 9), st.floats(0, 6.28), st.floats(1.0, 3.0))
def test_a_label_that_leaps_off_a_flight_is_found(velocity, gravity, at, angle, times) -> None:  # type: ignore[no-untyped-def]
    xy = flight(velocity, gravity, 12)
    own = np.linalg.norm(np.diff(xy, axis=0), axis=1).max()
    away = times * (2.5 * own + 25)
    xy[at] += away * np.array([np.cos(angle), np.sin(angle)])
    assert [found.frames for found in jumping_labels(_clip(xy))] == [(at,)]


@pytest.mark.parametrize("away", [2, 3])
def test_up_to_three_labels_leap_together(clip_of: MakeClip, away: int) -> None:
    xy = flight(np.array([9.0, 4.0]), 0.5, 14)
    xy[6 : 6 + away] += (-300, 200)
    (found,) = jumping_labels(clip_of(xy))
    assert found.frames == tuple(range(6, 6 + away))


def test_the_next_ball_is_no_jump(clip_of: MakeClip) -> None:
    """After a point the labels go on with the ball that the server holds."""
    rests = np.tile([[600.0, 700.0]], (6, 1)), np.tile([[640.0, 60.0]], (6, 1))
    assert list(jumping_labels(clip_of(np.concatenate(rests)))) == []


def test_a_half_volley_is_no_jump(clip_of: MakeClip) -> None:
    """The ball bounces, and is hit a frame later: slower in between than before and after."""
    coming = flight(np.array([0.0, 50.0]), 0.0, 6)
    bounced = coming[-1] + (5, -35)
    hit = bounced + flight(np.array([60.0, 10.0]), 0.0, 6) + (30, 5)
    assert list(jumping_labels(clip_of(np.concatenate([coming, [bounced], hit])))) == []


def test_out_of_flight_into_flight_is_a_jump(clip_of: MakeClip) -> None:
    xy = flight(np.array([25.0, 0.0]), 0.0, 12) + 50
    xy[6:] += (500, 400)
    (found,) = jumping_labels(clip_of(xy))
    assert found.frames == (6,)


def test_labels_beside_a_hidden_ball_are_not_judged(clip_of: MakeClip) -> None:
    xy = flight(np.array([9.0, 4.0]), 0.5, 12)
    xy[6] += 300
    xy[7] = np.nan
    assert list(jumping_labels(clip_of(xy))) == []


def _clip(xy: NDArray[np.float64]) -> Clip:
    """As ``clip_of`` makes it; hypothesis does not take fixtures."""
    assume(np.isfinite(xy).all())
    return Clip(
        game="game1", name="game1/Clip1", frames=_Blank(len(xy)), visibility=np.ones(len(xy), np.uint8), xy=xy
    )


class _Blank:
    """Frames that are never read."""

    size = (1280, 720)

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def read(self, index: int, at_least: tuple[int, int] | None = None) -> NDArray[np.uint8]:
        raise NotImplementedError

    def name(self, index: int) -> str:
        return f"{index:04d}.jpg"

    def fingerprint(self) -> str:
        return ""
