"""The ball obeys the laws of motion that its module states."""

from itertools import pairwise

import numpy as np
import pytest

from tracknet_core.data.synthetic.ball import BALLS, BOUNCE, GRAVITY, NET, STEP, acceleration, bounce, fly
from tracknet_core.data.synthetic.court import COURTS
from tracknet_core.data.synthetic.spec import SPORTS, SportName

TENNIS, HALL = BALLS["tennis"], COURTS["tennis"]


def throw(sport: SportName, at: list[float], velocity: list[float], spin: list[float], steps: int = 480):  # type: ignore[no-untyped-def]
    start = [np.array([value], float) for value in (at, velocity, spin)]
    return fly(BALLS[sport], COURTS[sport], *start, steps=steps)


@pytest.mark.parametrize("sport", SPORTS)
def test_energy_falls_under_drag_whatever_the_spin(sport: SportName) -> None:
    flight = throw(sport, [0, -3, 5.0], [2, 9, 6], [120, -300, 40], steps=200)

    speed = np.linalg.norm(flight.velocity[0], axis=1)
    energy = 0.5 * speed**2 + GRAVITY * flight.position[0, :, 2]
    assert (flight.event == 0).all()
    assert (np.diff(energy) < 0).all()


def test_the_magnus_force_does_no_work_and_topspin_pulls_down() -> None:
    ahead = np.array([[0.0, 30.0, 0.0]])
    topspin, still = np.array([[-250.0, 0.0, 0.0]]), np.zeros((1, 3))

    lift = acceleration(TENNIS, ahead, topspin) - acceleration(TENNIS, ahead, still)

    assert lift[0] @ ahead[0] == pytest.approx(0)
    assert lift[0, 2] < -3


def test_drag_is_that_of_a_tennis_ball() -> None:
    """At 30 m/s half rho A C_D v² / m is about 17 m/s²."""
    slowing = -acceleration(TENNIS, np.array([[0.0, 30.0, 0.0]]), np.zeros((1, 3)))[0, 1]

    assert slowing == pytest.approx(16.8, abs=0.3)


def test_a_shuttlecock_falls_at_its_terminal_speed() -> None:
    flight = throw("badminton", [0, 2, 30.0], [0, 0, 0], [0, 0, 0], steps=600)

    assert flight.velocity[0, -1, 2] == pytest.approx(-6.8, abs=0.05)


@pytest.mark.parametrize("sport", SPORTS)
def test_a_ball_never_sinks_into_the_floor_and_bounces_ever_lower(sport: SportName) -> None:
    flight = throw(sport, [0, 4, 3.0], [0.5, 1.0, 0], [0, 0, 0], steps=900)

    height = flight.position[0, :, 2]
    assert height.min() >= BALLS[sport].radius - 1e-9
    bounces = np.flatnonzero(flight.event[0] == BOUNCE)
    tops = [height[a:b].max() for a, b in pairwise(bounces)]
    assert len(bounces) >= 1
    assert (np.diff([3.0, *tops]) < 0).all()


def test_a_bounce_keeps_what_restitution_says_and_never_gains_energy() -> None:
    inertia = TENNIS.inertia * TENNIS.radius**2
    for spin in ([0.0, 0.0, 0.0], [-400.0, 0.0, 0.0], [400.0, 30.0, 0.0]):
        before, turn = np.array([[1.0, 25.0, -8.0]]), np.array([spin])

        after, turned = bounce(TENNIS, before, turn)

        assert after[0, 2] == pytest.approx(8.0 * TENNIS.restitution)
        assert (after**2).sum() + inertia * (turned**2).sum() <= (before**2).sum() + inertia * (turn**2).sum()


def test_topspin_kicks_forward_and_backspin_holds_up() -> None:
    ahead = np.array([[0.0, 12.0, -8.0]])

    kick, plain, hold = (bounce(TENNIS, ahead, np.array([[w, 0.0, 0.0]]))[0][0, 1] for w in (-500, 0, 300))

    assert kick > plain > hold


def test_a_rolling_ball_has_no_slip() -> None:
    rolling = np.array([[0.0, 3.0, -1.0]])

    after, _ = bounce(TENNIS, rolling, np.array([[-3.0 / TENNIS.radius, 0.0, 0.0]]))

    assert after[0, 1] == pytest.approx(3.0)


def test_the_net_stops_a_low_ball_and_lets_a_high_one_pass() -> None:
    low, high = (throw("tennis", [0, -2, z], [0, 20, 0], [0, 0, 0], steps=120) for z in (0.6, 1.6))

    assert (low.event == NET).any()
    assert low.position[0, :, 1].max() < 0
    assert not (high.event == NET).any()
    assert high.position[0, -1, 1] > 5


def test_a_table_tennis_ball_bounces_on_the_table_and_beside_it_on_the_floor() -> None:
    on, beside = (throw("table_tennis", [x, -0.8, 1.2], [0, 0, 0], [0, 0, 0], steps=120) for x in (0, 1.2))

    assert on.position[0, :, 2].min() >= 0.76 + 0.02 - 1e-9
    assert beside.position[0, :, 2].min() < 0.5


def test_the_path_hardly_depends_on_the_step() -> None:
    """Against the same flight in closed form, without drag or lift."""
    kind = type(TENNIS)(radius=0.03, drag=0.0, lift=0.0, restitution=0.7, friction=0.5, inertia=0.6)
    flight = fly(kind, HALL, *(np.array([v], float) for v in ([0, 3, 1], [1, 2, 9], [0, 0, 0])), steps=240)

    time = 239 * STEP
    expected = [time, 3 + 2 * time, 1 + 9 * time - GRAVITY / 2 * time**2]
    assert flight.position[0, -1] == pytest.approx(expected, abs=1e-9)
