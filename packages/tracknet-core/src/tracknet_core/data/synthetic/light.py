"""Light of a venue and tone of its picture."""

import cv2
import numpy as np
from attrs import frozen
from numpy.random import Generator

from tracknet_core.data.synthetic.arrays import Colour, Floats, Image, Shares
from tracknet_core.data.synthetic.canvas import Canvas
from tracknet_core.data.synthetic.court import Court
from tracknet_core.data.synthetic.patches import shares
from tracknet_core.data.synthetic.spec import Difficulty, SportName

FAR = 90.0
"""m to which the stands' shadow reaches: beyond everything."""
NET_SHADOW = 0.4
"""Share of the light that a net keeps away."""


@frozen(kw_only=True, eq=False)
class Light:
    """Where light comes from and how the camera renders it.

    Attributes:
        sun: Direction towards the main light, unit [3].
        outdoors: Whether it is the sun.
        shadow: Share of the light that a shadow takes away.
        blur: Softness of shadows' edges, m.
        shade: Edge of the stands' shadow on the floor as (nx, ny, c): shaded where nx x + ny y > c;
            None without.
        gains: Colour temperature as factors on red, green and blue.
        exposure: Factor on brightness.
        contrast: Factor on the distance from mid grey.
        vignette: Share of the light lost in the corners.
    """

    sun: Floats
    outdoors: bool
    shadow: float
    blur: float
    shade: tuple[float, float, float] | None
    gains: tuple[float, float, float]
    exposure: float
    contrast: float
    vignette: float

    @property
    def sky(self) -> Colour:
        """What lies beyond everything."""
        return (150, 186, 222) if self.outdoors else (24, 26, 32)

    def tone(self, colours: "Floats | Colour") -> Floats:
        """Colours [..., 3] as the camera renders them, 0 to 255."""
        lit = np.asarray(colours, np.float64) * self.gains * self.exposure
        toned: Floats = np.clip((lit - 118) * self.contrast + 118, 0, 255)
        return toned

    def curve(self) -> Image:
        """The tone of each value of each channel, [1, 256, 3], for a whole picture's lookup."""
        values = np.repeat(np.arange(256.0)[:, None], 3, axis=1)
        return np.rint(self.tone(values)).astype(np.uint8)[None]

    def ink(self, colour: Colour) -> Colour:
        """One colour as the camera renders it."""
        r, g, b = (int(v) for v in self.tone(colour))
        return r, g, b

    def brightness(self, point: Floats) -> float:
        """Factor on the colours of a thing at a point [3]: lower where the stands' shadow falls."""
        if self.shade is None:
            return 1.0
        x, y = point[:2] - self.sun[:2] * (point[2] / self.sun[2])
        nx, ny, c = self.shade
        return 1.0 - self.shadow * float(np.clip((nx * x + ny * y - c) / 0.1 + 0.5, 0, 1))

    def fall(self, point: Floats, height: float) -> Floats:
        """Where the shadow of a point [3] falls on a level plane, [3]."""
        fallen: Floats = point - self.sun * ((point[2] - height) / self.sun[2])
        return fallen


def draw_light(sport: SportName, half_length: float, rng: Generator, preset: Difficulty) -> Light:
    """A light: the sun over most tennis courts, lamps in halls."""
    outdoors = sport == "tennis" and rng.random() < 0.75
    azimuth = rng.uniform(0, 2 * np.pi)
    elevation = np.radians(rng.uniform(32, 70) if outdoors else rng.uniform(72, 86))
    sun = np.array(
        [np.cos(elevation) * np.sin(azimuth), np.cos(elevation) * np.cos(azimuth), np.sin(elevation)]
    )
    overcast = outdoors and rng.random() < 0.25
    shade = None
    if outdoors and not overcast and rng.random() < 0.5:
        angle = np.arctan2(sun[0], sun[1])
        shade = (float(np.sin(angle)), float(np.cos(angle)), float(rng.uniform(-0.3, 0.9) * half_length))
    warm = rng.normal(0, 0.03)
    return Light(
        sun=sun,
        outdoors=bool(outdoors),
        shadow=float(rng.uniform(0.12, 0.2) if overcast or not outdoors else rng.uniform(0.38, 0.55)),
        blur=float(rng.uniform(0.10, 0.2) if overcast or not outdoors else rng.uniform(0.02, 0.05)),
        shade=shade,
        gains=(float(1 + warm), 1.0, float(1 - warm)),
        exposure=float(rng.uniform(0.86, 1.1)),
        contrast=float(rng.uniform(*preset.contrast)),
        vignette=float(rng.uniform(0.02, 0.22)),
    )


def shade_floor(canvas: Canvas, court: Court, light: Light, ground: Image) -> None:
    """Darken the floor where the shadows of the stands, the net and the table fall.

    Args:
        canvas: Changed in place.
        court: Where the net and the table are.
        light: What casts the shadows.
        ground: 255 where the floor is, [H, W].
    """
    shadow = np.zeros(ground.shape, np.uint8)
    if light.shade is not None:
        nx, ny, c = light.shade
        along, across = np.array([nx, ny]), np.array([-ny, nx]) * FAR
        near, far = along * c, along * FAR
        edge = [near - across, near + across, far + across, far - across]
        shadow = canvas.mask(np.array([(x, y, 0.0) for x, y in edge]))
    if light.outdoors:
        net = court.net
        w, low, high = net.half_width, net.bottom, net.middle
        body = [(-w, 0.0, low), (w, 0.0, low), (w, 0.0, high), (-w, 0.0, high)]
        cast = canvas.mask(np.array([light.fall(np.array(corner), 0.0) for corner in body]))
        shadow = np.maximum(shadow, (NET_SHADOW * cast).astype(np.uint8))
    if court.height:
        x, y = court.half_width, court.half_length
        top = [(-x, -y, court.height), (x, -y, court.height), (x, y, court.height), (-x, y, court.height)]
        cast = canvas.mask(np.array([light.fall(np.array(corner), 0.0) for corner in top]))
        soft = cv2.GaussianBlur(cast, (0, 0), max(0.5, canvas.size[0] / 120))
        shadow = np.maximum(shadow, np.asarray(soft, np.uint8))
    kept = 1 - light.shadow * shares(np.minimum(shadow, ground))
    canvas.image[:] = np.rint(canvas.image * kept[..., None]).astype(np.uint8)


def vignetting(size: tuple[int, int], strength: float) -> Shares:
    """Factor [H, W] by which a lens dims a picture towards its corners, as cos⁴ does."""
    x = (np.arange(size[0], dtype=np.float32) - (size[0] - 1) / 2) / (size[0] / 2)
    y = (np.arange(size[1], dtype=np.float32) - (size[1] - 1) / 2) / (size[1] / 2)
    square = (x[None, :] ** 2 + y[:, None] ** 2) / 2
    return np.asarray(1 - strength * square * (2 - square), np.float32)
