"""Things that resemble a ball: birds and insects, flashes, dust on the lens, balls left lying."""

import numpy as np
from attrs import frozen
from numpy.random import Generator

from tracknet_core.data.synthetic.arrays import Colour, Floats
from tracknet_core.data.synthetic.spec import Difficulty
from tracknet_core.data.synthetic.venue import Venue


@frozen(kw_only=True, eq=False)
class Speck:
    """A small disc in the picture of one frame.

    Attributes:
        start, end: Where it is when the shutter opens and closes, (x, y) px.
        radius: px.
        colour: RGB.
        opacity: 0 to 1.
        softness: Blur of its edge, px.
    """

    start: tuple[float, float]
    end: tuple[float, float]
    radius: float
    colour: Colour
    opacity: float
    softness: float


@frozen(kw_only=True, eq=False)
class Lookalikes:
    """The look-alikes of a clip.

    Attributes:
        dust: Specks on the lens, the same in each frame.
        flyers: Specks of each frame: birds and insects.
        flashes: Specks of each frame: cameras in the stands; world places [3] to be projected.
        spare: Balls at rest, [N, 3] m.
    """

    dust: tuple[Speck, ...]
    flyers: tuple[tuple[Speck, ...], ...]
    flashes: tuple[tuple[Floats, ...], ...]
    spare: Floats


def draw_lookalikes(
    venue: Venue, size: tuple[int, int], frames: int, rng: Generator, preset: Difficulty
) -> Lookalikes:
    """Look-alikes for a clip of a venue."""
    unit = size[0] / 1280
    flyers: list[list[Speck]] = [[] for _ in range(frames)]
    for _ in range(rng.poisson((1.2 if venue.light.outdoors else 0.4) * preset.lookalikes)):
        _fly_through(flyers, size, rng, unit)
    flashes: list[tuple[Floats, ...]] = []
    for _ in range(frames):
        count = rng.poisson(0.25 * preset.lookalikes) if len(venue.seats) else 0
        flashes.append(
            tuple(venue.seats[rng.integers(len(venue.seats))] + rng.normal(0, 1.2, 3) for _ in range(count))
        )
    return Lookalikes(
        dust=tuple(_dust(size, rng, unit) for _ in range(rng.poisson(2.0 * preset.crowding))),
        flyers=tuple(tuple(specks) for specks in flyers),
        flashes=tuple(flashes),
        spare=_spare(venue, rng, preset),
    )


def flash(point: Floats, unit: float) -> Speck:
    """A camera's flash at a point of the picture [2], where ``unit`` px are one at 1280 px width."""
    at = (float(point[0]), float(point[1]))
    return Speck(start=at, end=at, radius=2.2 * unit, colour=(255, 255, 250), opacity=0.95, softness=unit)


def _dust(size: tuple[int, int], rng: Generator, unit: float) -> Speck:
    at = (float(rng.uniform(0, size[0])), float(rng.uniform(0, size[1])))
    bright = rng.random() < 0.5
    return Speck(
        start=at,
        end=at,
        radius=float(rng.uniform(2, 9)) * unit,
        colour=(235, 238, 226) if bright else (24, 24, 26),
        opacity=float(rng.uniform(0.05, 0.35)),
        softness=float(rng.uniform(0.8, 3.0)) * unit,
    )


def _fly_through(frames: list[list[Speck]], size: tuple[int, int], rng: Generator, unit: float) -> None:
    first = int(rng.integers(0, len(frames)))
    at = rng.uniform(0, 1, 2) * size
    angle, speed = rng.uniform(0, 2 * np.pi), rng.uniform(1.5, 16) * unit
    radius, bright = rng.uniform(0.9, 3.2) * unit, rng.random() < 0.4
    for frame in range(first, len(frames)):
        angle += rng.normal(0, 0.25)
        end = at + speed * np.array([np.cos(angle), np.sin(angle)])
        frames[frame].append(
            Speck(
                start=(float(at[0]), float(at[1])),
                end=(float(at[0] + 0.4 * (end[0] - at[0])), float(at[1] + 0.4 * (end[1] - at[1]))),
                radius=float(radius * (0.7 + 0.3 * np.sin(frame * 2.1))),
                colour=(236, 236, 220) if bright else (40, 40, 40),
                opacity=0.75,
                softness=0.5 * unit,
            )
        )
        at = end


def _spare(venue: Venue, rng: Generator, preset: Difficulty) -> Floats:
    """Balls at rest beside the court, now and then on it."""
    count = rng.poisson(0.7 * preset.lookalikes)
    x, y = venue.court.clear
    places = np.empty((count, 3))
    for place in places:
        side, end = rng.choice((-1, 1)), rng.choice((-1, 1))
        if rng.random() < 0.5:
            place[:2] = side * rng.uniform(0.75, 0.97) * x, rng.uniform(-0.8, 0.8) * y
        else:
            place[:2] = rng.uniform(-0.8, 0.8) * x, end * rng.uniform(0.75, 0.97) * y
    places[:, 2] = venue.ball.radius
    return places
