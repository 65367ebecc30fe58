"""Rallies go on: strokes are within reach, cross the net, and players run no faster than people."""

from itertools import pairwise

import numpy as np
import pytest

from tracknet_core.data.synthetic.ball import BALLS, STEP
from tracknet_core.data.synthetic.motion import motions
from tracknet_core.data.synthetic.planner import plan_rally
from tracknet_core.data.synthetic.rally import HIT, Rally
from tracknet_core.data.synthetic.spec import SPORTS, SportName
from tracknet_core.data.synthetic.strokes import PLAYS


@pytest.fixture(scope="module", params=SPORTS)
def played(request: pytest.FixtureRequest) -> tuple[SportName, list[Rally]]:
    """Some rallies of a sport."""
    return request.param, [plan_rally(request.param, np.random.default_rng(seed), 5.0) for seed in range(4)]


def test_the_same_random_numbers_play_the_same_rally() -> None:
    one, two = (plan_rally("tennis", np.random.default_rng(3), 3.0) for _ in range(2))

    assert np.array_equal(one.ball, two.ball)


def test_a_rally_is_as_long_as_asked_and_has_answered_strokes(played: tuple[SportName, list[Rally]]) -> None:
    _, rallies = played

    assert all(len(rally.ball) * STEP >= 5.0 for rally in rallies)
    assert sum(len(rally.touches) for rally in rallies) >= 8


def test_players_strike_the_ball_where_it_is(played: tuple[SportName, list[Rally]]) -> None:
    sport, rallies = played
    for rally in rallies:
        moving = motions(rally)
        for touch in rally.touches:
            step = min(round(touch.time / STEP), len(rally.ball) - 1)
            assert rally.ball[step] == pytest.approx(touch.ball, abs=0.3)
            distance = np.hypot(*(moving[touch.player].at(touch.time) - touch.ball[:2]))
            assert distance <= PLAYS[sport].reach + 0.6


def test_every_stroke_is_an_event(played: tuple[SportName, list[Rally]]) -> None:
    _, rallies = played
    for rally in rallies:
        struck = [touch for touch in rally.touches if touch.time < (len(rally.ball) - 1) * STEP]
        assert (rally.event == HIT).sum() == len(struck)


def test_the_ball_moves_without_jumps_while_in_play(played: tuple[SportName, list[Rally]]) -> None:
    sport, rallies = played
    for rally in rallies:
        jumps = np.linalg.norm(np.diff(rally.ball, axis=0), axis=1)
        assert np.count_nonzero(jumps > 110 * STEP) <= len(rally.left)  # a new ball for each point
        assert rally.ball[:, 2].min() >= BALLS[sport].radius - 1e-9


def test_players_run_no_faster_than_the_sport_says(played: tuple[SportName, list[Rally]]) -> None:
    sport, rallies = played
    for rally in rallies:
        for path in rally.paths:
            for before, after in pairwise(path):
                run = float(np.hypot(*(after.at - before.at)))
                seconds = after.time - before.time
                served = any(abs(touch.time - after.time) < 0.9 for touch in rally.touches)
                assert run <= PLAYS[sport].speed * seconds + PLAYS[sport].reach + 0.7 or served
