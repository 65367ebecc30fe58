"""Shadows of what moves, on the floor and the table."""

import cv2
import numpy as np

from tracknet_core.data.synthetic.arrays import Floats, Image
from tracknet_core.data.synthetic.camera import Camera
from tracknet_core.data.synthetic.figure import shade
from tracknet_core.data.synthetic.looks import Look
from tracknet_core.data.synthetic.patches import crop, in_picture
from tracknet_core.data.synthetic.pose import Body
from tracknet_core.data.synthetic.venue import Venue

COARSE = 0.5
"""Players' shadows are soft: they are painted at this scale."""
SHADED = 0.9
"""Brightness below which a place lies in the stands' shadow, where nothing casts another."""


def cast_by_players(image: Image, venue: Venue, camera: Camera, bodies: list[tuple[Body, Look]]) -> None:
    """Darken a frame where players keep the light from the floor."""
    light = venue.light
    height, width = image.shape[:2]
    mask = np.zeros((height // 2, width // 2), np.uint8)
    for body, look in bodies:
        if light.brightness(np.array([*body.pelvis[:2], 0.0])) > SHADED:
            shade(mask, body, look, camera, sun=light.sun, scale=COARSE)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return
    _, depth = camera.project((0.0, 0.0, 0.0))
    blur = max(0.6, light.blur * camera.focal / float(depth) * COARSE)
    pad = int(3 * blur) + 1
    y0, y1 = max(0, int(rows[0]) - pad), min(mask.shape[0], int(rows[-1]) + pad + 1)
    x0, x1 = max(0, int(columns[0]) - pad), min(mask.shape[1], int(columns[-1]) + pad + 1)
    soft = cv2.GaussianBlur(mask[y0:y1, x0:x1], (0, 0), blur)
    soft = cv2.resize(soft, (2 * (x1 - x0), 2 * (y1 - y0)), interpolation=cv2.INTER_LINEAR)
    kept = cv2.convertScaleAbs(soft, alpha=-light.shadow, beta=255)
    region = crop(image, (2 * x0, 2 * y0, 2 * x1, 2 * y1))
    cv2.multiply(region, cv2.merge([kept, kept, kept]), dst=region, scale=1 / 255)


def cast_by_ball(image: Image, venue: Venue, camera: Camera, place: Floats) -> None:
    """Darken a frame under a ball at a place [3]: a spot that widens and pales with its height."""
    court, light = venue.court, venue.light
    over_table = place[2] > court.height and bool(court.on_table(place[0], place[1]))
    level = court.height if over_table else 0.0
    fallen = light.fall(place, level)
    if over_table and not court.on_table(fallen[0], fallen[1]):
        return
    point, depth = camera.project(fallen)
    if depth < 1 or light.brightness(fallen) < SHADED:
        return
    px = camera.focal / float(depth)
    radius, soft = venue.ball.radius * px, (0.6 * light.blur + 0.02 * place[2]) * px
    reach = radius + 2 * soft + 2
    box = in_picture(
        (int(point[0] - reach), int(point[1] - reach), int(point[0] + reach) + 2, int(point[1] + reach) + 2),
        (image.shape[1], image.shape[0]),
    )
    if box is None:
        return
    x = np.arange(box[0], box[2]) - point[0]
    y = (np.arange(box[1], box[3]) - point[1]) / max(abs(np.sin(camera.pitch)), 0.1)
    distance = np.hypot(x[None, :], y[:, None])
    strength = light.shadow * (radius / (radius + 0.5 * soft)) ** 2
    dark = strength * np.clip((radius - distance) / max(1.0, 2 * soft) + 0.5, 0, 1)
    patch = crop(image, box)
    patch[:] = (patch * (1 - dark[..., None])).astype(np.uint8)
