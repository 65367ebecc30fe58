"""A venue: one game's court, surroundings, light and camera, painted once."""

from collections.abc import Mapping
from functools import lru_cache

import cv2
import numpy as np
from attrs import evolve, frozen
from numpy.random import SeedSequence, default_rng

from tracknet_core.data.synthetic.arrays import Colour, Floats, Image
from tracknet_core.data.synthetic.ball import BALLS, BallKind
from tracknet_core.data.synthetic.camera import Camera
from tracknet_core.data.synthetic.canvas import Canvas
from tracknet_core.data.synthetic.court import COURTS, Court
from tracknet_core.data.synthetic.ground import paint_floor, rectangle, scuff, weather
from tracknet_core.data.synthetic.light import Light, draw_light, shade_floor, vignetting
from tracknet_core.data.synthetic.net import TABLES, TAPES, paint_net, paint_table
from tracknet_core.data.synthetic.sensor import Sensor, draw_sensor
from tracknet_core.data.synthetic.spec import Difficulty, SportName, SynthSpec
from tracknet_core.data.synthetic.stands import draw_stand, paint_stands
from tracknet_core.data.synthetic.surfaces import SURFACES
from tracknet_core.data.synthetic.viewpoint import place_camera

MARGIN = 0.09
"""By how much the canvas is larger than a frame on each side, as a share of the frame's size."""
FINE = 2
"""The floor's lines are painted at this scale, then averaged."""

_OPTIC = ((212, 232, 76), (222, 236, 98), (198, 224, 60))
_WHITE = (242, 242, 236)
BALL_COLOURS: Mapping[SportName, tuple[tuple[Colour, Colour], ...]] = {
    "tennis": tuple((colour, colour) for colour in _OPTIC),
    "badminton": ((_WHITE, _WHITE), ((244, 236, 214), (244, 236, 214))),
    "volleyball": (((244, 214, 70), (40, 70, 160)), (_WHITE, _WHITE), ((246, 222, 90), (220, 226, 230))),
    "table_tennis": ((_WHITE, _WHITE), (_WHITE, _WHITE), ((246, 150, 44), (246, 150, 44))),
}


@frozen(kw_only=True, eq=False)
class Venue:
    """Everything about a game that stays the same through its clips.

    Attributes:
        sport: What is played.
        court: Its geometry.
        ball: How its ball flies.
        ball_colours: The ball's two colours, as the camera renders them.
        light: The light.
        sensor: The camera's sensor.
        camera: The canvas's camera; a frame's stands in the same position.
        image: The canvas: floor, stands, net, [H, W, 3].
        net: What the net hides, in the canvas, [H, W].
        table: What the table hides, in the canvas, [H, W]; None without a table.
        seats: Places in the stands, [N, 3] m.
    """

    sport: SportName
    court: Court
    ball: BallKind
    ball_colours: tuple[Colour, Colour]
    light: Light
    sensor: Sensor
    camera: Camera
    image: Image
    net: Image
    table: Image | None
    seats: Floats


def venue_of(spec: SynthSpec, game: int) -> Venue:
    """The venue of a game; the latest two are remembered."""
    return _build(spec.seed, game, spec.sport_of(game), spec.size, spec.preset)


def recentred(camera: Camera, size: tuple[int, int]) -> Camera:
    """A camera with its principal point in the middle of a picture of ``size`` (W, H)."""
    return evolve(camera, centre=((size[0] - 1) / 2, (size[1] - 1) / 2))


@lru_cache(maxsize=2)
def _build(seed: int, game: int, sport: SportName, size: tuple[int, int], preset: Difficulty) -> Venue:
    rng = default_rng(SeedSequence(seed, spawn_key=(game,)))
    court = COURTS[sport]
    surface = SURFACES[sport][rng.integers(len(SURFACES[sport]))]
    light = draw_light(sport, court.half_length, rng, preset)
    sensor = draw_sensor(rng, preset, size)
    stand = draw_stand(court, surface.around, rng, outdoors=light.outdoors)
    ball = BALL_COLOURS[sport][rng.integers(len(BALL_COLOURS[sport]))]

    wide = (size[0] + 2 * round(size[0] * MARGIN), size[1] + 2 * round(size[1] * MARGIN))
    camera = recentred(place_camera(sport, court, size, rng), wide)
    fine = (wide[0] * FINE, wide[1] * FINE)
    floor = Canvas(recentred(evolve(camera, focal=camera.focal * FINE), fine), fine, light.sky)
    reach = max(stand.distance) + stand.depth + 1.5
    paint_floor(floor, court, surface, reach)
    scuff(floor, court, surface, rng, fragments=round(rng.integers(4, 14) * preset.lookalikes))
    canvas = Canvas(camera, wide, light.sky)
    canvas.image = np.asarray(cv2.resize(floor.image, wide, interpolation=cv2.INTER_AREA), np.uint8)
    ground = canvas.mask(rectangle(reach, reach))
    weather(canvas, surface, rng, ground)
    shade_floor(canvas, court, light, ground)
    seats = paint_stands(canvas, stand, rng, ball[0], preset.lookalikes)
    table = None
    if court.height:
        table = paint_table(canvas, court, TABLES[rng.integers(len(TABLES))], (240, 240, 240))
    tapes = TAPES[sport]
    net = paint_net(canvas, court.net, tapes[rng.integers(len(tapes))], rng)
    return Venue(
        sport=sport,
        court=court,
        ball=BALLS[sport],
        ball_colours=(light.ink(ball[0]), light.ink(ball[1])),
        light=light,
        sensor=sensor,
        camera=camera,
        image=_filmed(canvas.image, light, sensor),
        net=net,
        table=table,
        seats=seats,
    )


def _filmed(image: Image, light: Light, sensor: Sensor) -> Image:
    """A painted canvas as the lens and the camera render it."""
    soft = np.asarray(cv2.GaussianBlur(image, (0, 0), sensor.softness), np.uint8)
    toned = cv2.LUT(soft, light.curve()).astype(np.float32)
    toned *= vignetting((image.shape[1], image.shape[0]), light.vignette)[..., None]
    return np.rint(toned).astype(np.uint8)
