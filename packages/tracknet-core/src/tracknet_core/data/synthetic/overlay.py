"""What the broadcaster lays over the picture: a scoreboard and a mark in a corner."""

import cv2
import numpy as np
from attrs import frozen
from numpy.random import Generator

from tracknet_core.data.synthetic.adverts import paint_logo
from tracknet_core.data.synthetic.arrays import Image, Shares
from tracknet_core.data.synthetic.looks import SHIRTS
from tracknet_core.data.synthetic.patches import Box
from tracknet_core.data.synthetic.spec import Difficulty


@frozen(kw_only=True, eq=False)
class Overlay:
    """A patch laid over every frame of a clip.

    Attributes:
        box: Where it lies.
        image: [h, w, 3].
        cover: [h, w], 0 to 1.
    """

    box: Box
    image: Image
    cover: Shares


NAMES = (
    "KOVAR",
    "ADEYEMI",
    "LINDT",
    "MORI",
    "SATO",
    "PEREZ",
    "IVERSEN",
    "OKADA",
    "BRANDT",
    "DUPONT",
    "CHEN",
    "RAO",
)


def draw_overlays(size: tuple[int, int], rng: Generator, preset: Difficulty) -> tuple[Overlay, ...]:
    """Overlays of a clip; none in some clips and in pictures too small to read."""
    overlays: list[Overlay] = []
    if size[0] < 320:
        return ()
    unit = size[0] / 1280
    if rng.random() < 0.55 * min(1.4, preset.crowding):
        overlays.append(_scoreboard(size, rng, unit))
    if rng.random() < 0.4 * min(1.4, preset.crowding):
        side = round(44 * unit)
        mark = np.zeros((side, side, 3), np.uint8)
        paint_logo(mark, rng, (side // 2, side // 2), side // 3, (255, 255, 255))
        cover = (mark[..., 0] / 255 * 0.7).astype(np.float32)
        corner = (size[0] - side - round(36 * unit), round(28 * unit))
        overlays.append(_at(corner, np.full_like(mark, 250), cover))
    return tuple(overlays)


def _scoreboard(size: tuple[int, int], rng: Generator, unit: float) -> Overlay:
    row, width = round(27 * unit), round(rng.uniform(210, 290) * unit)
    image = np.empty((2 * row, width, 3), np.uint8)
    image[:] = (22, 26, 44) if rng.random() < 0.7 else (236, 236, 240)
    ink = (240, 240, 240) if image[0, 0, 0] < 100 else (20, 22, 30)
    accent = SHIRTS[rng.integers(len(SHIRTS))]
    for i, name in enumerate(rng.choice(len(NAMES), 2, replace=False)):
        base = (i + 1) * row - round(8 * unit)
        cv2.putText(
            image,
            NAMES[name],
            (round(16 * unit), base),
            cv2.FONT_HERSHEY_DUPLEX,
            0.58 * unit,
            ink,
            1,
            cv2.LINE_AA,
        )
        cv2.rectangle(image, (0, i * row + 2), (round(6 * unit), (i + 1) * row - 2), accent, -1)
        score = f"{rng.integers(0, 7)}  {rng.integers(0, 41)}"
        place = (width - round(78 * unit), base)
        cv2.putText(image, score, place, cv2.FONT_HERSHEY_DUPLEX, 0.58 * unit, ink, 1, cv2.LINE_AA)
    if rng.random() < 0.5:  # who serves: a ball beside the name
        centre = (width - round(96 * unit), round((0.5 + rng.integers(2)) * row))
        cv2.circle(image, centre, max(2, round(4.5 * unit)), (214, 232, 80), -1, cv2.LINE_AA)
    top = rng.random() < 0.6
    corner = (round(40 * unit), round(32 * unit) if top else size[1] - 2 * row - round(40 * unit))
    cover = np.full(image.shape[:2], rng.uniform(0.8, 0.97), np.float32)
    return _at(corner, image, cover)


def _at(corner: tuple[int, int], image: Image, cover: Shares) -> Overlay:
    x, y = corner
    height, width = cover.shape
    return Overlay(box=(x, y, x + width, y + height), image=image, cover=cover)
