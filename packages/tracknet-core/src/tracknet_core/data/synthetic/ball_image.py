"""The ball in a picture: the discs that it sweeps while the shutter is open."""

import numpy as np
from attrs import frozen

from tracknet_core.data.synthetic.arrays import Colour, Floats, Shares
from tracknet_core.data.synthetic.camera import Camera
from tracknet_core.data.synthetic.patches import Box
from tracknet_core.data.synthetic.spec import SportName

EDGE = 1.0
"""Width of a sharp disc's edge, px: a pixel's own footprint."""
EDGE_OF_BLUR = 2.5
"""Width of the edge that a lens blur of standard deviation 1 px makes (from 10 % to 90 %)."""
MOMENTS = 48
"""Most moments of the exposure at which a ball is painted."""

SHUTTLE_OFFSETS = np.array([0.048, 0.022, 0.0, -0.022])
SHUTTLE_RADII = np.array([0.014, 0.019, 0.026, 0.032])
"""A shuttlecock as discs, m: the cork leads, the feathers widen behind it."""


@frozen(kw_only=True, eq=False)
class Swept:
    """What a ball leaves on the sensor.

    Attributes:
        box: The patch of the picture that it reaches; it may lie partly outside.
        cover: Share of the exposure for which each pixel saw the ball, [h, w].
        colour: Colour that the pixel then saw, [h, w, 3].
    """

    box: Box
    cover: Shares
    colour: Shares


@frozen(kw_only=True)
class Paint:
    """A ball's colours.

    Attributes:
        first, second: Its colours; panels alternate where they differ.
        light: Direction of the light in the picture, (x, y).
        turn: Angle of the panels, rad.
    """

    first: Colour
    second: Colour
    light: tuple[float, float] = (0.0, 0.0)
    turn: float = 0.0


def moments(length: float) -> Floats:
    """Moments of an exposure, from -1 to 1, to paint a ball at that moves by ``length`` px."""
    count = int(np.clip(np.ceil(1.5 * length), 1, MOMENTS))
    return 2 * (np.arange(count) + 0.5) / count - 1


def discs(
    sport: SportName, radius: float, places: Floats, ways: Floats, camera: Camera
) -> tuple[Floats, Floats]:
    """A ball at K places as D discs in the picture.

    Args:
        sport: Decides the shape: a shuttlecock is several discs, other balls are one.
        radius: Of the ball, m.
        places: [K, 3] m.
        ways: Directions of flight, [K, 3], of any length.
        camera: Who sees it.

    Returns:
        Centres [K, D, 2] and radii [K, D], px; the middle of the discs' area is the place.
    """
    parts, sizes = places[:, None], np.array([radius])
    if sport == "badminton":
        unit = ways / np.maximum(np.linalg.norm(ways, axis=1, keepdims=True), 1e-9)
        sizes = SHUTTLE_RADII
        offsets = SHUTTLE_OFFSETS - np.average(SHUTTLE_OFFSETS, weights=sizes**2)
        parts = parts + unit[:, None] * offsets[None, :, None]
    points, depth = camera.project(parts)
    return points, sizes * camera.focal / depth


def sweep(centres: Floats, radii: Floats, paint: Paint, softness: float) -> Swept:
    """Paint a ball of D discs at K moments of the exposure.

    A disc covers a pixel at distance d by clip((r - d) / edge + 1/2, 0, 1); the discs of a moment
    are joined by their maximum, the moments by their mean.

    Args:
        centres: [K, D, 2] px.
        radii: [K, D] px.
        paint: Colours.
        softness: Standard deviation of the lens blur, px; widens the edge.
    """
    edge = float(np.hypot(EDGE, EDGE_OF_BLUR * softness))
    margin = float(radii.max()) + edge + 1
    low = np.floor(centres.min(axis=(0, 1)) - margin).astype(int)
    high = np.ceil(centres.max(axis=(0, 1)) + margin).astype(int) + 1
    x = np.arange(low[0], high[0], dtype=np.float32)[None, None, None, :]
    y = np.arange(low[1], high[1], dtype=np.float32)[None, None, :, None]
    centre = centres.astype(np.float32)[..., None, None]
    radius = radii.astype(np.float32)[..., None, None]
    dx, dy = x - centre[:, :, 0], y - centre[:, :, 1]
    # a disc thinner than its edge never reaches full cover: the light it has is spread
    strength = radius**2 / (radius**2 + np.float32(edge**2 / 12))
    disc = np.clip((radius - np.sqrt(dx * dx + dy * dy)) / np.float32(edge) + 0.5, 0, 1) * strength
    moment = disc.max(axis=1)
    cover = moment.mean(axis=0)
    colour = _colour(moment, dx[:, 0] / radius[:, 0], dy[:, 0] / radius[:, 0], paint)
    colour /= np.maximum(cover, 1e-6)[..., None]
    box = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
    return Swept(box=box, cover=cover, colour=np.clip(colour, 0, 255))


def _colour(moment: Shares, dx: Shares, dy: Shares, paint: Paint) -> Shares:
    """Colour gathered over the moments, [h, w, 3]; dx and dy are in radii of the ball, [K, h, w]."""
    first, second = (np.array(colour, np.float32) for colour in (paint.first, paint.second))
    toward = np.clip(dx * np.float32(paint.light[0]) + dy * np.float32(paint.light[1]), -1, 1)
    lit = moment * (np.float32(0.84) + np.float32(0.18) * toward)
    if paint.first == paint.second:
        return np.asarray(lit.mean(axis=0)[..., None] * first, np.float32)
    across = dx * np.float32(np.cos(paint.turn)) + dy * np.float32(np.sin(paint.turn))
    panel = np.clip(2 * np.sin(2.2 * across + np.float32(paint.turn)) + 0.5, 0, 1)
    share, rest = (lit * panel).mean(axis=0), (lit * (1 - panel)).mean(axis=0)
    return np.asarray(share[..., None] * first + rest[..., None] * second, np.float32)
