"""The floor: its colours, wear and painted lines."""

import cv2
import numpy as np
from numpy.random import Generator

from tracknet_core.data.synthetic.arrays import Colour, Floats, Image, Shares
from tracknet_core.data.synthetic.canvas import Canvas
from tracknet_core.data.synthetic.court import Court, Line
from tracknet_core.data.synthetic.patches import scaled, shares
from tracknet_core.data.synthetic.surfaces import Surface


def paint_floor(canvas: Canvas, court: Court, surface: Surface, reach: float) -> None:
    """Paint the floor out to ``reach`` m, and the court's lines when they lie on it."""
    canvas.polygon(rectangle(reach, reach), surface.around)
    if court.height:
        return
    width = max(max(abs(line.start[0]), abs(line.end[0])) for line in court.lines)
    canvas.polygon(rectangle(width, court.half_length), surface.court)
    paint_lines(canvas, court.lines, surface.lines, 0.0)


def paint_lines(canvas: Canvas, lines: tuple[Line, ...], colour: Colour, height: float) -> None:
    """Paint lines at a height."""
    for line in lines:
        start, end = np.array(line.start), np.array(line.end)
        way = (end - start) / np.linalg.norm(end - start)
        aside = np.array([-way[1], way[0]]) * line.width / 2
        corners = [start + aside, end + aside, end - aside, start - aside]
        canvas.polygon(np.array([(x, y, height) for x, y in corners]), colour)


def weather(canvas: Canvas, surface: Surface, rng: Generator, floor: Image) -> None:
    """Vary the brightness of the floor: grain, patches, stripes; ``floor`` [H, W] is 255 there."""
    x, y = canvas.camera.ground(canvas.size)
    depth = np.hypot(x - canvas.camera.position[0], y - canvas.camera.position[1])
    # grain of 3 cm, which averages out far away; patches of two metres and of half a metre
    sharp = np.clip(canvas.camera.focal * 0.03 / np.maximum(depth, 1.0), 0.15, 1.0)
    factor = 1.0 + surface.grain * sharp * _lookup(_noise(rng, 512, 0), x / 0.03, y / 0.03)
    for blur, cell in ((24, 0.09), (8, 0.05)):
        factor += 0.35 * surface.wear * _lookup(_noise(rng, 512, blur), x / cell, y / cell)
    if surface.stripes and surface.name == "grass":
        factor += surface.stripes * np.tanh(6 * np.sin(y * (np.pi / 1.2)))
    elif surface.stripes:
        plank = np.floor(x / 0.14)
        board = np.floor(y / 1.8 + 0.618 * plank)
        shades = _noise(rng, 256, 0)
        factor += 0.5 * surface.stripes * sharp * shades[plank.astype(int) % 256, board.astype(int) % 256]
    share = shares(floor)[..., None]
    varied = canvas.image * (1 + (factor[..., None] - 1) * share)
    canvas.image[:] = np.clip(varied, 0, 255).astype(np.uint8)


def scuff(canvas: Canvas, court: Court, surface: Surface, rng: Generator, *, fragments: int) -> None:
    """Leave marks on the floor: slides and shoe marks, and ``fragments`` bits of tape and chalk."""
    width, length = (
        (0.4 * limit for limit in court.clear) if court.height else (court.half_width, court.half_length)
    )
    for _ in range(round(20 + 200 * surface.wear)):
        end = -1 if rng.random() < 0.5 else 1
        x = rng.normal(0, 0.6 * width)
        y = end * rng.normal(length, 0.2 * length)
        mark = _streak(rng, np.array([x, y, 0.0]), rng.uniform(0.1, 0.7), rng.uniform(0.01, 0.04))
        inside = abs(x) < court.half_width and abs(y) < court.half_length and not court.height
        canvas.polygon(mark, scaled(surface.court if inside else surface.around, 0.86))
    for _ in range(fragments):
        x, y = rng.uniform(-1.4, 1.4) * width, rng.uniform(-1.2, 1.2) * length
        piece = _streak(rng, np.array([x, y, 0.0]), rng.uniform(0.05, 0.2), rng.uniform(0.025, 0.06))
        canvas.polygon(piece, scaled(surface.lines, rng.uniform(0.8, 1.0)))


def _streak(rng: Generator, middle: Floats, length: float, width: float) -> Floats:
    """A thin rhombus [4, 3] at any angle on the floor."""
    angle = rng.uniform(0, np.pi)
    along = np.array([np.cos(angle), np.sin(angle), 0.0]) * length / 2
    aside = np.array([-np.sin(angle), np.cos(angle), 0.0]) * width / 2
    return np.stack([middle + along, middle + aside, middle - along, middle - aside])


def rectangle(half_width: float, half_length: float) -> Floats:
    """Corners of a rectangle of the floor about the origin, [4, 3]."""
    x, y = half_width, half_length
    return np.array([(-x, -y, 0.0), (x, -y, 0.0), (x, y, 0.0), (-x, y, 0.0)])


def _noise(rng: Generator, size: int, blur: float) -> Shares:
    """A tile [size, size] of noise with standard deviation 1 that repeats without a seam."""
    tile = rng.standard_normal((size, size), dtype=np.float32)
    if blur:
        wide = cv2.copyMakeBorder(tile, 96, 96, 96, 96, cv2.BORDER_WRAP)
        tile = np.asarray(cv2.GaussianBlur(wide, (0, 0), blur)[96:-96, 96:-96], np.float32)
    return np.asarray((tile - tile.mean()) / tile.std(), np.float32)


def _lookup(tile: Shares, x: Shares, y: Shares) -> Shares:
    size = np.float32(tile.shape[0])
    found = cv2.remap(tile, x % size, y % size, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return np.asarray(found, np.float32)
