"""The ball and its trail, drawn on a picture."""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from tracknet_core.inference.points import BallPoint

Point = tuple[float, float]
Colour = tuple[int, int, int]

COLOURS: dict[str, Colour] = {
    "detected": (255, 225, 0),
    "tracked": (255, 130, 0),
    "interpolated": (0, 200, 255),
}
"""RGB by source; told apart by people who see red and green alike."""

RADIUS = 0.008
"""Radius of the ring around the ball, as a share of the picture's diagonal."""

SHIFT = 4
"""Fractional bits of the coordinates that OpenCV draws at."""


def draw_ball(
    image: NDArray[np.uint8], points: Sequence[BallPoint], *, radius: float | None = None
) -> NDArray[np.uint8]:
    """Draw a ring around the ball and a trail that fades towards where it was.

    Args:
        image: RGB ``[H, W, 3]``; left as it is.
        points: The latest points, oldest first; the last belongs to this picture. The trail is
            broken where no ball was seen.
        radius: Of the ring, px; None follows the size of the picture.

    Returns:
        A new picture of the same size.
    """
    drawn = np.ascontiguousarray(image).copy()
    radius = radius or max(6.0, RADIUS * float(np.hypot(*image.shape[:2])))
    width = max(1, round(radius / 6))
    for age, (older, newer) in enumerate(pairwise(points), start=1):
        if older.xy is not None and newer.xy is not None and newer.source is not None:
            _fading_line(drawn, (older.xy, newer.xy), COLOURS[newer.source], width, age / len(points))
    last = points[-1] if points else None
    if last is not None and last.xy is not None and last.source is not None:
        centre, reach = _fixed(last.xy), round(radius * 2**SHIFT)
        cv2.circle(drawn, centre, reach, (0, 0, 0), width + 2, cv2.LINE_AA, SHIFT)
        cv2.circle(drawn, centre, reach, COLOURS[last.source], width, cv2.LINE_AA, SHIFT)
    return drawn


def _fading_line(
    image: NDArray[np.uint8], ends: tuple[Point, Point], colour: Colour, width: int, strength: float
) -> None:
    """Blend a line into the part of the picture around it, in place; ``strength`` 1 covers it."""
    (left, upper), (right, lower) = np.min(ends, axis=0), np.max(ends, axis=0)
    height, whole = image.shape[:2]
    margin = width + 2
    columns = slice(max(0, int(left) - margin), min(whole, int(right) + margin + 1))
    rows = slice(max(0, int(upper) - margin), min(height, int(lower) + margin + 1))
    part = image[rows, columns]
    covered = part.copy()
    begin, end = (_fixed(xy, (columns.start, rows.start)) for xy in ends)
    cv2.line(covered, begin, end, colour, width, cv2.LINE_AA, SHIFT)
    image[rows, columns] = cv2.addWeighted(covered, strength, part, 1 - strength, 0)


def _fixed(xy: Point, corner: tuple[int, int] = (0, 0)) -> tuple[int, int]:
    """Return pixel indices, counted from ``corner``, as OpenCV's fixed-point numbers."""
    return round((xy[0] - corner[0]) * 2**SHIFT), round((xy[1] - corner[1]) * 2**SHIFT)
