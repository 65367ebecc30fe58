"""Where broadcasters put the camera: high behind an end, sometimes to the side."""

from collections.abc import Mapping

import numpy as np
from attrs import evolve, frozen
from numpy.random import Generator

from tracknet_core.data.synthetic.arrays import Floats
from tracknet_core.data.synthetic.camera import Camera, look_at
from tracknet_core.data.synthetic.court import Court
from tracknet_core.data.synthetic.spec import SportName

Range = tuple[float, float]


@frozen(kw_only=True)
class Viewpoint:
    """How a sport is usually filmed.

    Attributes:
        azimuths: Angles from the court's axis, rad; one is chosen.
        wander: Standard deviation around it.
        away: From the middle of the court, along the floor, m.
        height: Above the floor, m.
        width, length: Half sizes of the floor that must be in the picture, m.
        top: Height over that floor that must be, m.
        fill: How far these reach over the picture; above 1 some is cut off.
    """

    azimuths: tuple[float, ...]
    wander: float
    away: Range
    height: Range
    width: float
    length: float
    top: float
    fill: Range


VIEWPOINTS: Mapping[SportName, Viewpoint] = {
    "tennis": Viewpoint(
        azimuths=(0.0,),
        wander=0.04,
        away=(25.0, 36.0),
        height=(6.5, 12.5),
        width=6.6,
        length=14.0,
        top=1.2,
        fill=(0.92, 1.12),
    ),
    "badminton": Viewpoint(
        azimuths=(0.0,),
        wander=0.05,
        away=(13.5, 19.0),
        height=(4.0, 7.5),
        width=3.6,
        length=7.2,
        top=4.4,
        fill=(0.92, 1.06),
    ),
    "volleyball": Viewpoint(
        azimuths=(0.0, 0.0, 0.9),
        wander=0.08,
        away=(18.0, 25.0),
        height=(5.0, 9.0),
        width=5.2,
        length=10.0,
        top=3.2,
        fill=(0.92, 1.08),
    ),
    "table_tennis": Viewpoint(
        azimuths=(0.0, 0.0, 0.45, -0.45, 1.2),
        wander=0.1,
        away=(6.0, 9.0),
        height=(2.7, 4.8),
        width=1.0,
        length=3.0,
        top=1.7,
        fill=(0.8, 1.05),
    ),
}


def place_camera(sport: SportName, court: Court, size: tuple[int, int], rng: Generator) -> Camera:
    """A camera that has the court in a picture of ``size`` (W, H)."""
    view = VIEWPOINTS[sport]
    azimuth = rng.choice(view.azimuths) + rng.normal(0, view.wander)
    away, height = rng.uniform(*view.away), rng.uniform(*view.height)
    position = np.array([np.sin(azimuth) * away, -np.cos(azimuth) * away, height])
    target = np.array([0.0, 0.0, court.height])
    camera = look_at(position, target, focal=1.0, size=size, roll=float(rng.normal(0, 0.005)))
    shown = np.array(
        [
            (x, y, z)
            for x in (-view.width, view.width)
            for y in (-view.length, view.length)
            for z in (0.0, view.top)
        ]
    )
    framed = _frame(camera, shown, size, float(rng.uniform(*view.fill)))
    aside = rng.normal(0, 0.012, 2)
    return framed.turned(yaw=float(aside[0]), pitch=float(aside[1]))


def _frame(camera: Camera, points: Floats, size: tuple[int, int], fill: float) -> Camera:
    """Turn and zoom a camera until points [N, 3] reach over ``fill`` of the picture, about its middle."""
    half = np.array(size) / 2
    for _ in range(6):
        seen = camera.to_camera(points)
        slopes = seen[:, :2] / seen[:, 2:]
        low, high = slopes.min(axis=0), slopes.max(axis=0)
        x, y = (low + high) / 2
        focal = fill * float((2 * half / (high - low)).min())
        camera = evolve(camera.turned(yaw=float(np.arctan(x)), pitch=-float(np.arctan(y))), focal=focal)
    return camera
