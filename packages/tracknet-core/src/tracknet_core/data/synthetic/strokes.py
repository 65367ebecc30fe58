"""How the ball is struck in each sport: heights, speeds, angles and spins of usual strokes.

Ranges are rounded from broadcast statistics and coaching literature; they need to look right,
not to be exact. Whatever they give is followed by :mod:`ball` and kept only if it is playable.
"""

from collections.abc import Mapping
from typing import Literal

from attrs import frozen

from tracknet_core.data.synthetic.spec import SportName

Swing = Literal["side", "overhead", "underarm", "both_low", "both_high"]
Range = tuple[float, float]


@frozen(kw_only=True)
class Stroke:
    """One way to strike the ball.

    Attributes:
        name: Its name in the sport.
        heights: Ball heights that it is played at, m.
        speed: Of the ball after it, m/s.
        elevation: Of the ball's direction after it, degrees.
        topspin: Of the ball after it, rad/s; negative is backspin.
        swing: How the player moves.
        weight: How often it is chosen among those that fit.
        over: Whether the ball is meant to cross the net.
        depth: Where it is aimed along y, as shares of the half length (either side).
        deepest: Largest share of the half length at which its first bounce counts as in.
        after: Names of the strokes it may follow; empty: any that goes over the net.
        own_bounce: Whether the ball first bounces on the striker's own side (table tennis serve).
    """

    name: str
    heights: Range
    speed: Range
    elevation: Range
    topspin: Range
    swing: Swing
    weight: float = 1.0
    over: bool = True
    depth: Range = (0.4, 0.95)
    deepest: float = 1.0
    after: tuple[str, ...] = ()
    own_bounce: bool = False


@frozen(kw_only=True)
class Play:
    """How a sport is played.

    Attributes:
        serve: The stroke that opens a point.
        strokes: All others.
        serve_from: Range of |x| and of |y| that the serve is struck at, m.
        bounces: Bounces on the receiver's side before the ball is struck: 0 or 1.
        contact: Range of |y| and largest |x| at which a ball is struck, m.
        homes: Sets of places (x, |y|) of one side's players; one set is chosen for a venue.
        speed: Fastest run of a player, m/s.
        reach: From the middle of a player to the ball at a side stroke, m.
        mistakes: Share of strokes that end the point.
    """

    serve: Stroke
    strokes: tuple[Stroke, ...]
    serve_from: tuple[Range, Range]
    bounces: int
    contact: tuple[Range, float]
    homes: tuple[tuple[tuple[float, float], ...], ...]
    speed: float
    reach: float
    mistakes: float


def _stroke(  # noqa: PLR0917 - one line a stroke makes the table below readable
    name: str,
    heights: Range,
    speed: Range,
    elevation: Range,
    topspin: Range,
    swing: Swing,
    weight: float = 1.0,
) -> Stroke:
    return Stroke(
        name=name,
        heights=heights,
        speed=speed,
        elevation=elevation,
        topspin=topspin,
        swing=swing,
        weight=weight,
    )


PLAYS: Mapping[SportName, Play] = {
    "tennis": Play(
        serve=Stroke(
            name="serve",
            heights=(2.5, 2.9),
            speed=(36, 58),
            elevation=(-9, 1),
            topspin=(50, 260),
            swing="overhead",
            depth=(0.3, 0.5),
            deepest=6.40 / 11.885,
        ),
        strokes=(
            _stroke("drive", (0.35, 1.6), (21, 37), (2, 13), (80, 300), "side", 4.0),
            _stroke("slice", (0.3, 1.4), (15, 25), (2, 11), (-220, -80), "side", 1.5),
            _stroke("lob", (0.3, 1.4), (15, 21), (36, 55), (0, 200), "side", 0.3),
            _stroke("smash", (1.9, 2.9), (30, 50), (-14, 0), (0, 80), "overhead", 3.0),
        ),
        serve_from=((0.3, 2.5), (11.7, 12.0)),
        bounces=1,
        contact=((1.5, 16.0), 8.0),
        homes=(((0.0, 12.6),), ((0.0, 12.2),), ((-2.4, 12.0), (2.2, 3.5))),
        speed=6.5,
        reach=0.85,
        mistakes=0.14,
    ),
    "badminton": Play(
        serve=Stroke(
            name="serve",
            heights=(0.9, 1.12),
            speed=(16, 34),
            elevation=(28, 52),
            topspin=(0, 0),
            swing="underarm",
            depth=(0.5, 0.95),
        ),
        strokes=(
            _stroke("clear", (1.8, 2.9), (32, 56), (12, 38), (0, 0), "overhead", 2.0),
            _stroke("smash", (2.1, 2.9), (45, 95), (-18, -4), (0, 0), "overhead", 2.0),
            _stroke("drop", (1.5, 2.8), (13, 26), (-4, 14), (0, 0), "overhead", 1.5),
            _stroke("lift", (0.25, 1.1), (22, 44), (32, 56), (0, 0), "underarm", 2.0),
            _stroke("drive", (1.1, 2.0), (24, 50), (-2, 14), (0, 0), "side", 1.5),
            _stroke("net", (0.3, 1.5), (5, 11), (40, 75), (0, 0), "underarm", 1.0),
        ),
        serve_from=((0.3, 1.2), (2.1, 3.0)),
        bounces=0,
        contact=((0.4, 6.9), 3.3),
        homes=(((0.0, 3.6),), ((-1.4, 4.2), (1.3, 2.8))),
        speed=5.5,
        reach=0.75,
        mistakes=0.12,
    ),
    "volleyball": Play(
        serve=Stroke(
            name="serve",
            heights=(2.1, 3.2),
            speed=(13, 26),
            elevation=(-2, 26),
            topspin=(-20, 50),
            swing="overhead",
            depth=(0.4, 0.95),
        ),
        strokes=(
            Stroke(
                name="pass",
                heights=(0.4, 1.15),
                speed=(6.5, 11),
                elevation=(52, 80),
                topspin=(-10, 10),
                swing="both_low",
                over=False,
                depth=(0.08, 0.25),
            ),
            Stroke(
                name="set",
                heights=(1.6, 2.6),
                speed=(5.5, 9),
                elevation=(58, 82),
                topspin=(-8, 8),
                swing="both_high",
                over=False,
                depth=(0.06, 0.16),
                after=("pass",),
            ),
            Stroke(
                name="spike",
                heights=(2.55, 3.3),
                speed=(14, 29),
                elevation=(-22, 2),
                topspin=(10, 60),
                swing="overhead",
                depth=(0.3, 0.98),
                after=("set",),
            ),
            Stroke(
                name="free ball",
                heights=(1.0, 2.2),
                speed=(9, 14),
                elevation=(28, 60),
                topspin=(-10, 10),
                swing="both_high",
                weight=0.3,
                after=("pass", "set"),
            ),
        ),
        serve_from=((0.5, 3.8), (9.1, 10.5)),
        bounces=0,
        contact=((0.5, 10.5), 5.2),
        homes=(((-3.1, 1.4), (0.0, 1.6), (3.1, 1.4), (-3.0, 6.3), (0.2, 7.0), (3.0, 6.3)),),
        speed=5.0,
        reach=0.35,
        mistakes=0.10,
    ),
    "table_tennis": Play(
        serve=Stroke(
            name="serve",
            heights=(0.93, 1.1),
            speed=(3.5, 7.5),
            elevation=(-22, -4),
            topspin=(-150, 150),
            swing="side",
            own_bounce=True,
        ),
        strokes=(
            _stroke("drive", (0.72, 1.25), (7, 16), (1, 18), (100, 450), "side", 4.0),
            _stroke("push", (0.78, 1.1), (3.5, 6.5), (8, 28), (-250, -60), "side", 1.0),
            _stroke("loop", (0.45, 1.0), (8, 14), (12, 34), (300, 700), "side", 2.0),
            _stroke("lob", (0.4, 1.1), (8, 11), (40, 62), (0, 200), "underarm", 0.4),
            _stroke("smash", (1.1, 1.7), (13, 24), (-12, 3), (0, 100), "overhead", 2.0),
        ),
        serve_from=((0.0, 0.6), (1.45, 1.65)),
        bounces=1,
        contact=((1.25, 3.6), 1.9),
        homes=(((0.15, 2.1),), ((0.1, 2.3),), ((-0.5, 2.0), (0.6, 2.5))),
        speed=3.5,
        reach=0.5,
        mistakes=0.08,
    ),
}
