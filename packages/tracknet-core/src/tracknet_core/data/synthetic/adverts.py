"""Advertising boards with lettering and logos."""

import cv2
import numpy as np
from numpy.random import Generator

from tracknet_core.data.synthetic.arrays import Colour, Image
from tracknet_core.data.synthetic.looks import SHIRTS

BRANDS = (
    "NOVALTA", "Kirinbay", "ORBITRA", "Helvio", "PENTAR 9", "Lumen&Co", "SUNVOLT", "aeroline", "MERIDO",
    "Quill", "TAVOLO", "Bjorka", "ACE ONE", "Zephira", "GRANDIA", "fastnet", "OLYMPO", "Vertexa", "CAFE DUE",
)  # fmt: skip
FONTS = (
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
)
WIDTH, HEIGHT = 208, 64


def board_texture(rng: Generator, colour: Colour, ball: Colour, logos: float) -> Image:
    """A board [64, 208, 3] with a name and perhaps a mark, which may have the ball's colour.

    Args:
        rng: Draws both.
        colour: Of the board.
        ball: The ball's colour.
        logos: Scale of the number of marks that resemble a ball.
    """
    image = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    image[:] = colour
    ink: Colour = (24, 26, 40) if sum(colour) > 380 else (240, 240, 240)
    if rng.random() < 0.3:
        ink = SHIRTS[rng.integers(len(SHIRTS))]
    text, font = BRANDS[rng.integers(len(BRANDS))], FONTS[rng.integers(len(FONTS))]
    (width, height), _ = cv2.getTextSize(text, font, 1.0, 2)
    logo = rng.random() < 0.35 + 0.3 * min(logos, 1.5)
    scale = min((140 if logo else 186) / width, 34 / height)
    x = 58 if logo else round((WIDTH - width * scale) / 2)
    cv2.putText(image, text, (x, 32 + round(height * scale / 2)), font, scale, ink, 3, cv2.LINE_AA)
    if logo:
        paint_logo(image, rng, (30, 32), 18, ball if rng.random() < 0.4 * logos else ink)
    return image


def paint_logo(image: Image, rng: Generator, centre: tuple[int, int], radius: int, colour: Colour) -> None:
    """Paint a mark: a disc, a ring, a triangle or a cluster of dots."""
    x, y = centre
    kind = int(rng.integers(4))
    if kind == 0:
        cv2.circle(image, centre, radius, colour, -1, cv2.LINE_AA)
    elif kind == 1:
        cv2.circle(image, centre, radius, colour, max(2, radius // 3), cv2.LINE_AA)
    elif kind == 2:
        corners = np.array([(x, y - radius), (x + radius, y + radius), (x - radius, y + radius)], np.int32)
        cv2.fillConvexPoly(image, corners, colour, cv2.LINE_AA)
    else:
        for dx, dy in ((-1, -1), (1, -1), (0, 0), (-1, 1), (1, 1)):
            spot = (x + dx * radius // 2, y + dy * radius // 2)
            cv2.circle(image, spot, max(2, radius // 3), colour, -1, cv2.LINE_AA)
