"""A rally: where the ball is, who strikes it and where the players stand.

Side -1 is the half of the court with y < 0, side +1 the other.
"""

import math

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.data.synthetic.arrays import Floats
from tracknet_core.data.synthetic.ball import BOUNCE, FREE, STEP
from tracknet_core.data.synthetic.strokes import Swing

HIT = 3
"""Event of a step in which the ball is struck; the others are those of :mod:`ball`."""


@frozen(kw_only=True, eq=False)
class Touch:
    """A player's stroke: when, where the ball is then, [3] m, and how the player moves."""

    time: float
    player: int
    ball: Floats
    swing: Swing


@frozen(kw_only=True, eq=False)
class Waypoint:
    """Where a player stands at a time, [2] m."""

    time: float
    at: Floats


@frozen(kw_only=True, eq=False)
class Rally:
    """What happens on a court over a stretch of time.

    Attributes:
        ball: Positions of the ball in play every STEP seconds from time 0, [K, 3], m.
        velocity: Its velocities, [K, 3], m/s.
        event: FREE, BOUNCE, NET or HIT for each of them, [K].
        sides: Side of each player.
        paths: Waypoints of each player, in the order of time.
        touches: All strokes, in the order of time.
        left: Balls that lie about from a time on: those of earlier points.
    """

    ball: Floats
    velocity: Floats
    event: NDArray[np.uint8]
    sides: tuple[int, ...]
    paths: tuple[tuple[Waypoint, ...], ...]
    touches: tuple[Touch, ...]
    left: tuple[Waypoint, ...]


def event_at(rally: Rally, time: float, within: float) -> int:
    """The event within ``within`` seconds of a time: HIT before BOUNCE, else FREE."""
    first = max(0, math.ceil((time - within) / STEP))
    events = rally.event[first : max(first, math.ceil((time + within) / STEP))]
    for event in (HIT, BOUNCE):
        if (events == event).any():
            return event
    return FREE
