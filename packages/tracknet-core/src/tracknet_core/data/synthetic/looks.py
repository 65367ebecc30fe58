"""What players look like."""

import numpy as np
from attrs import frozen
from numpy.random import Generator

from tracknet_core.data.synthetic.arrays import Colour

SKIN: tuple[Colour, ...] = ((236, 196, 170), (214, 164, 130), (172, 120, 88), (120, 80, 58), (88, 58, 44))
HAIR: tuple[Colour, ...] = ((40, 30, 26), (70, 50, 34), (130, 100, 60), (200, 180, 140), (30, 30, 34))
SHIRTS: tuple[Colour, ...] = (
    (240, 240, 240),
    (30, 34, 44),
    (200, 40, 48),
    (36, 80, 170),
    (30, 130, 90),
    (240, 200, 50),
    (240, 120, 40),
    (150, 210, 230),
    (220, 110, 160),
    (110, 60, 150),
    (190, 225, 90),
)
SHORTS: tuple[Colour, ...] = ((240, 240, 240), (28, 30, 38), (40, 56, 110), (90, 94, 104), (150, 30, 40))
SHOES: tuple[Colour, ...] = ((245, 245, 245), (245, 245, 245), (225, 235, 90), (40, 40, 44), (240, 90, 60))


@frozen(kw_only=True)
class Look:
    """What one player looks like.

    Attributes:
        height: m.
        build: Breadth against a usual one.
        hand: The racket's hand: 1 right, -1 left.
        skin, hair, shirt, shorts, socks, shoes, racket: Colours.
    """

    height: float
    build: float
    hand: int
    skin: Colour
    hair: Colour
    shirt: Colour
    shorts: Colour
    socks: Colour
    shoes: Colour
    racket: Colour


def draw_looks(rng: Generator, sides: tuple[int, ...]) -> tuple[Look, ...]:
    """Looks for players of two sides, -1 and 1; a side's players wear one kit."""
    shirts = [SHIRTS[i] for i in rng.choice(len(SHIRTS), 2, replace=False)]
    kits = [(shirt, SHORTS[rng.integers(len(SHORTS))], SHORTS[int(rng.random() < 0.25)]) for shirt in shirts]
    return tuple(_look(rng, *kits[side > 0]) for side in sides)


def _look(rng: Generator, shirt: Colour, shorts: Colour, socks: Colour) -> Look:
    return Look(
        height=float(rng.uniform(1.66, 1.98)),
        build=float(np.clip(rng.normal(1.0, 0.06), 0.88, 1.15)),
        hand=-1 if rng.random() < 0.12 else 1,
        skin=SKIN[rng.integers(len(SKIN))],
        hair=HAIR[rng.integers(len(HAIR))],
        shirt=shirt,
        shorts=shorts,
        socks=socks,
        shoes=SHOES[rng.integers(len(SHOES))],
        racket=SHIRTS[rng.integers(len(SHIRTS))],
    )
