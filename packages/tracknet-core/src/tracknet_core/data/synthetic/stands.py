"""What surrounds the court: advertising boards, rows of people, and what stands behind them."""

from itertools import pairwise

import cv2
import numpy as np
from attrs import frozen
from numpy.random import Generator

from tracknet_core.data.synthetic.adverts import board_texture
from tracknet_core.data.synthetic.arrays import Colour, Floats, Image
from tracknet_core.data.synthetic.canvas import Canvas
from tracknet_core.data.synthetic.court import Court
from tracknet_core.data.synthetic.looks import HAIR, SHIRTS, SKIN

SEAT = 16
"""Texture px of a seat's width, which is SEAT_WIDTH m."""
SEAT_WIDTH = 0.55
ROW_DEPTH = 0.9
PERSON = 1.15
"""Height of a row of seated people, m."""
STRIPS = 9
PANEL = 14.0
"""Longest piece of a row that is painted at once, m."""
BOARD = 3.2
"""Length of an advertising board, m."""


Side = tuple[Floats, Floats, Floats]
"""A side of the floor: its ends and the direction away from the court, [2] each."""


@frozen(kw_only=True)
class Stand:
    """The surroundings of a venue.

    Attributes:
        distance: Half width and half length of the floor up to the boards, m.
        board: Height of the boards, m.
        rise: Height gained for each metre of depth.
        rows: Rows of seats; 0 where there is no stand.
        seat: Colour of empty seats.
        full: Share of the seats that are taken.
        boards: Background colours of the boards, which take turns.
        gloom: Brightness of the stands against the floor.
        backdrop: Colour of the wall or the trees behind.
        height: Of these, above the highest row, m.
    """

    distance: tuple[float, float]
    board: float
    rise: float
    rows: int
    seat: Colour
    full: float
    boards: tuple[Colour, ...]
    gloom: float
    backdrop: Colour
    height: float

    @property
    def depth(self) -> float:
        """Of the rows, m."""
        return self.rows * ROW_DEPTH


def draw_stand(court: Court, around: Colour, rng: Generator, *, outdoors: bool) -> Stand:
    """Surroundings that suit a court on a floor of the colour ``around``."""
    dark = (round(0.45 * around[0]), round(0.45 * around[1]), round(0.45 * around[2]))
    palettes: tuple[tuple[Colour, ...], ...] = (
        ((20, 40, 90), (240, 240, 240), (20, 40, 90)),
        (dark,),
        ((16, 92, 60), (16, 92, 60), (240, 240, 236)),
        ((170, 24, 36), (30, 30, 36), (240, 200, 40), (240, 240, 240)),
        ((28, 30, 40),),
    )
    grey = int(rng.integers(30, 70))
    x, y = court.clear
    rows = int(rng.integers(9, 17)) if rng.random() < 0.8 else 0
    return Stand(
        distance=(float(x + rng.uniform(0.2, 1.2)), float(y + rng.uniform(0.2, 1.2))),
        board=float(rng.uniform(0.9, 2.2) if outdoors else rng.uniform(0.75, 1.2)),
        rise=float(rng.uniform(0.4, 0.62)),
        rows=rows,
        seat=SHIRTS[rng.integers(len(SHIRTS))],
        full=float(rng.uniform(0.3, 0.97)),
        boards=palettes[rng.integers(len(palettes))],
        gloom=float(rng.uniform(0.62, 0.9) if outdoors else rng.uniform(0.35, 0.65)),
        backdrop=(46, 74, 40) if outdoors else (grey, grey + 2, grey + 8),
        height=float(rng.uniform(2.0, 5.0) if outdoors else rng.uniform(6.0, 10.0)),
    )


def paint_stands(canvas: Canvas, stand: Stand, rng: Generator, ball: Colour, logos: float) -> Floats:
    """Paint the surroundings on all sides that face the camera, far ones first.

    Args:
        canvas: Where to.
        stand: What.
        rng: Draws the people and the boards.
        ball: The ball's colour, which some logos share.
        logos: Scale of the number of such logos.

    Returns:
        Places in the stands [N, 3] where a spectator's flash may go off.
    """
    strips = [_people(rng, stand, columns=64) for _ in range(STRIPS)]
    boards = [board_texture(rng, colour, ball, logos) for colour in (stand.boards * 7)[:7]]
    camera = canvas.camera.position[:2]
    corners = _corners(stand.distance)
    sides = [_side(corners[i], corners[(i + 1) % 4]) for i in range(4)]
    sides.sort(key=lambda side: -float(np.linalg.norm((side[0] + side[1]) / 2 - camera)))
    seats: list[Floats] = []
    for side in sides:
        start, end, out = side
        if (camera - start) @ out > -0.5:
            continue  # the camera stands behind this side, and would see its back
        _paint_backdrop(canvas, stand, side, rng)
        for row in reversed(range(stand.rows)):
            seats += _paint_row(canvas, stand, side, row, strips=strips, rng=rng)
        pieces = _pieces(start, end, BOARD)
        first = int(rng.integers(len(boards)))
        for i, (a, b) in enumerate(pieces):
            canvas.texture(_upright(a, b, 0.0, stand.board), boards[(first + i) % len(boards)])
    return np.array(seats).reshape(-1, 3)


def _paint_backdrop(canvas: Canvas, stand: Stand, side: Side, rng: Generator) -> None:
    """Paint the wall or trees behind a side, and the steps of its stand."""
    start, end, out = side
    base = stand.board + stand.rise * stand.depth
    wide = (end - start) / np.linalg.norm(end - start) * (stand.depth + 1.5)
    back = out * (stand.depth + 1.5)
    trees = stand.backdrop[1] > stand.backdrop[2]
    for a, b in _pieces(start - wide + back, end + wide + back, PANEL):
        texture = _trees(rng, stand.backdrop) if trees else _wall(rng, stand.backdrop)
        canvas.texture(_upright(a, b, 0.0, base + stand.height), texture)
    if not stand.rows:
        return
    step = np.empty((stand.rows * 4, 8, 3), np.uint8)
    step[:] = [round(0.42 * stand.gloom * c + 14) for c in stand.seat]
    step[::4] = step[::4] // 2
    for a, b in _pieces(start, end, PANEL):
        far_a, far_b = a + out * stand.depth, b + out * stand.depth
        canvas.texture(np.array([(*far_a, base), (*far_b, base), (*b, stand.board), (*a, stand.board)]), step)


def _trees(rng: Generator, colour: Colour) -> Image:
    """Foliage, [96, 192, 3]."""
    leaves = cv2.GaussianBlur(rng.normal(0, 1, (96, 192)), (0, 0), 2.0) * 2.2
    crowns = cv2.GaussianBlur(rng.normal(0, 1, (96, 192)), (0, 0), 9.0) * 6.0
    brightness = 1 + 0.22 * (leaves + crowns)
    return np.asarray(np.clip(brightness[..., None] * np.array(colour), 0, 255), np.uint8)


def _wall(rng: Generator, colour: Colour) -> Image:
    """A hall's wall with panels, and perhaps doors, posters and lamps, [160, 280, 3]."""
    image = np.empty((160, 280, 3), np.uint8)
    image[:] = colour
    width = int(rng.integers(14, 48))
    for x in range(0, 280, width):
        image[:, x : x + width] = np.clip(np.array(colour) * rng.uniform(0.88, 1.1), 0, 255).astype(np.uint8)
        image[:, x : x + 1] = image[:, x : x + 1] // 2
    for _ in range(rng.poisson(0.8)):
        x, y = int(rng.integers(0, 230)), int(rng.integers(40, 100))
        ink = SHIRTS[rng.integers(len(SHIRTS))]
        poster = board_texture(rng, ink, ink, 0.0)[:, :: int(rng.integers(3, 6))]
        part = image[y : y + 64, x : x + poster.shape[1]]
        part[:] = poster[: part.shape[0], : part.shape[1]] // 2
    if rng.random() < 0.4:
        x = int(rng.integers(0, 250))
        cv2.rectangle(image, (x, 120), (x + 22, 160), (24, 24, 28), -1)
        cv2.rectangle(image, (x + 6, 112), (x + 16, 116), (60, 150, 90), -1)
    if rng.random() < 0.5:
        for x in range(int(rng.integers(8, 40)), 280, int(rng.integers(40, 90))):
            cv2.circle(image, (x, int(rng.integers(4, 10))), 3, (236, 236, 222), -1, cv2.LINE_AA)
    return image


def _paint_row(
    canvas: Canvas, stand: Stand, side: Side, row: int, *, strips: list[tuple[Image, Image]], rng: Generator
) -> list[Floats]:
    """Paint a row of people, and return places among them, [3] each."""
    start, end, out = side
    away = out * (row + 0.5) * ROW_DEPTH
    low = stand.board + stand.rise * (row + 0.5) * ROW_DEPTH - 0.2
    seats = []
    for a, b in _pieces(start + away, end + away, PANEL):
        people, cover = strips[rng.integers(len(strips))]
        columns = min(round(float(np.linalg.norm(b - a)) / SEAT_WIDTH) * SEAT, people.shape[1])
        first = SEAT * int(rng.integers(0, (people.shape[1] - columns) // SEAT + 1))
        part = np.s_[:, first : first + columns]
        canvas.texture(_upright(a, b, low, low + PERSON), people[part], cover[part])
        seats.append(np.array([*((a + b) / 2), low + 0.8]))
    return seats


def _people(rng: Generator, stand: Stand, columns: int) -> tuple[Image, Image]:
    """A row of seats, some taken: picture and cover, [2 * SEAT, columns * SEAT]."""
    height = 2 * SEAT
    image = np.zeros((height, columns * SEAT, 3), np.uint8)
    cover = np.zeros(image.shape[:2], np.uint8)
    image[:] = [round(c * 0.6) for c in stand.seat]
    for column in range(columns):
        x = round((column + 0.5) * SEAT + rng.normal(0, 1.2))
        if column % 21 == 20:
            continue  # stairs
        if rng.random() >= stand.full:
            box = ((x - 6, height - 14), (x + 6, height))
            cv2.rectangle(image, *box, stand.seat, -1)
            cv2.rectangle(cover, *box, (255,), -1)
            continue
        muted, top = rng.uniform(0.35, 0.95), height - round(rng.uniform(22, 27))
        grey = rng.uniform(50, 170)
        shirt = tuple(round(muted * (0.55 * c + 0.45 * grey)) for c in SHIRTS[rng.integers(len(SHIRTS))])
        skin, hair = SKIN[rng.integers(len(SKIN))], HAIR[rng.integers(len(HAIR))]
        for target, inks in ((image, (shirt, skin, hair)), (cover, ((255,), (255,), (255,)))):
            cv2.ellipse(target, (x, height), (7, height - top - 9), 0, 180, 360, inks[0], -1, cv2.LINE_AA)
            cv2.circle(target, (x, top + 6), 4, inks[1], -1, cv2.LINE_AA)
            cv2.ellipse(target, (x, top + 4), (4, 3), 0, 180, 360, inks[2], -1, cv2.LINE_AA)
    return np.clip(image * stand.gloom, 0, 255).astype(np.uint8), cover


def _side(start: Floats, end: Floats) -> Side:
    along = (end - start) / np.linalg.norm(end - start)
    return start, end, np.array([-along[1], along[0]])


def _pieces(start: Floats, end: Floats, longest: float) -> list[tuple[Floats, Floats]]:
    """A line cut into equal pieces."""
    count = max(1, round(float(np.linalg.norm(end - start)) / longest))
    points = [start + (end - start) * i / count for i in range(count + 1)]
    return list(pairwise(points))


def _corners(distance: tuple[float, float]) -> list[Floats]:
    x, y = distance
    # clockwise from above, so that the outside lies to the left and boards read from start to end
    return [np.array(corner, float) for corner in ((-x, -y), (-x, y), (x, y), (x, -y))]


def _upright(a: Floats, b: Floats, low: float, high: float) -> Floats:
    return np.array([(*a, high), (*b, high), (*b, low), (*a, low)])
