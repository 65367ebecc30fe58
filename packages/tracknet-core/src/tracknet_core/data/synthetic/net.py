"""The net and the table: painted once, and kept as masks that hide what is behind them."""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.random import Generator

from tracknet_core.data.synthetic.arrays import Colour, Floats, Image
from tracknet_core.data.synthetic.canvas import Canvas
from tracknet_core.data.synthetic.court import Court, Net
from tracknet_core.data.synthetic.ground import paint_lines
from tracknet_core.data.synthetic.spec import SportName

CORDS: Colour = (34, 34, 38)
_WHITE: Colour = (240, 240, 240)
TAPES: Mapping[SportName, tuple[Colour, ...]] = {
    "tennis": (_WHITE,),
    "badminton": (_WHITE,),
    "volleyball": (_WHITE, _WHITE, (200, 40, 48), (36, 80, 170)),
    "table_tennis": (_WHITE,),
}
TABLES: tuple[Colour, ...] = ((34, 72, 146), (26, 92, 84), (40, 48, 66), (24, 60, 110))


def paint_net(canvas: Canvas, net: Net, tape: Colour, rng: Generator) -> Image:
    """Paint a net.

    Returns:
        How much of what lies behind it the net hides, [H, W], 255 for all.
    """
    cover = np.zeros(canvas.image.shape[:2], np.uint8)
    x = np.linspace(-net.half_width, net.half_width, 13)
    top = net.top(x)
    mesh = rng.uniform(0.26, 0.42)
    _, depth = canvas.camera.project((0.0, 0.0, net.middle))
    resolved = canvas.camera.focal * net.mesh / float(depth) > 3.0
    for i in range(len(x) - 1):
        body = [
            (x[i], 0.0, top[i]),
            (x[i + 1], 0.0, top[i + 1]),
            (x[i + 1], 0.0, net.bottom),
            (x[i], 0.0, net.bottom),
        ]
        cover = np.maximum(cover, (canvas.mask(body) * (0.14 if resolved else mesh)).astype(np.uint8))
    if resolved:
        cover = np.maximum(cover, _cords(canvas, net, 0.75))
    canvas.wash(CORDS, cover)
    band = np.zeros_like(cover)
    for i in range(len(x) - 1):
        upper = [
            (x[i], 0.0, top[i]),
            (x[i + 1], 0.0, top[i + 1]),
            (x[i + 1], 0.0, top[i + 1] - net.tape),
            (x[i], 0.0, top[i] - net.tape),
        ]
        band = np.maximum(band, canvas.mask(upper))
    if net.post > net.middle + 0.1:  # tennis: the strap that holds the middle down
        strap = [(-0.025, 0.0, net.middle), (0.025, 0.0, net.middle), (0.025, 0.0, 0.0), (-0.025, 0.0, 0.0)]
        band = np.maximum(band, canvas.mask(strap))
    canvas.wash(tape, band)
    if net.posts:
        posts = np.zeros_like(cover)
        for side in (-1, 1):
            post = side * (net.half_width + 0.05)
            corners = [
                (post - 0.05, 0, net.post),
                (post + 0.05, 0, net.post),
                (post + 0.05, 0, 0),
                (post - 0.05, 0, 0),
            ]
            posts = np.maximum(posts, canvas.mask([(float(a), float(b), float(c)) for a, b, c in corners]))
        canvas.wash((60, 64, 72), posts)
        band = np.maximum(band, posts)
    return np.maximum(cover, band)


def paint_table(canvas: Canvas, court: Court, colour: Colour, lines: Colour) -> Image:
    """Paint a table-tennis table.

    Returns:
        Where it hides what lies behind it, [H, W], 255 inside.
    """
    x, y, z = court.half_width, court.half_length, court.height
    mask = np.zeros(canvas.image.shape[:2], np.uint8)
    for foot_x in (-0.55, 0.55):
        for foot_y in (-1.0, 1.0):
            leg = _slab(canvas, (foot_x, foot_y), 0.03, z)
            canvas.polygon(leg, (38, 40, 46))
            mask = np.maximum(mask, canvas.mask(leg))
    top = [(-x, -y, z), (x, -y, z), (x, y, z), (-x, y, z)]
    for i in range(4):
        (ax, ay, _), (bx, by, _) = top[i], top[(i + 1) % 4]
        edge = [(ax, ay, z), (bx, by, z), (bx, by, z - 0.05), (ax, ay, z - 0.05)]
        canvas.polygon(edge, (int(colour[0] * 0.5), int(colour[1] * 0.5), int(colour[2] * 0.5)))
        mask = np.maximum(mask, canvas.mask(edge))
    canvas.polygon(top, colour)
    paint_lines(canvas, court.lines, lines, z)
    return np.maximum(mask, canvas.mask(top))


def _slab(canvas: Canvas, at: tuple[float, float], half: float, height: float) -> Floats:
    """An upright rectangle that faces the camera."""
    way = canvas.camera.position[:2] - at
    aside = np.array([-way[1], way[0]]) / np.linalg.norm(way) * half
    a, b = at - aside, at + aside
    return np.array([(*a, height), (*b, height), (*b, 0.0), (*a, 0.0)])


def _cords(canvas: Canvas, net: Net, cover: float) -> Image:
    """The cords of a net that is near enough to be seen singly."""
    mask = np.zeros(canvas.image.shape[:2], np.uint8)
    ink = (round(255 * cover),)
    x, z = np.arange(-net.half_width, net.half_width, net.mesh), np.arange(net.bottom, net.middle, net.mesh)
    ends = [[(at, 0.0, float(net.top(at))), (at, 0.0, net.bottom)] for at in x.tolist()]
    ends += [[(-net.half_width, 0.0, at), (net.half_width, 0.0, at)] for at in z.tolist()]
    points, depth = canvas.camera.project(np.array(ends))
    for line, far in zip(points, depth, strict=True):
        if far.min() > 0.3:
            a, b = (tuple(int(v) for v in np.round(end * 16)) for end in line)
            cv2.line(mask, a, b, ink, 1, cv2.LINE_AA, 4)
    return mask
