"""How a body is painted: shaded limbs, racket, outline for occlusion, shadow on the floor."""

import math

import cv2
import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.data.synthetic.arrays import Colour, Floats, Image
from tracknet_core.data.synthetic.camera import Camera
from tracknet_core.data.synthetic.looks import Look
from tracknet_core.data.synthetic.patches import Box, scaled
from tracknet_core.data.synthetic.pose import RACKETS, Body
from tracknet_core.data.synthetic.spec import SportName

SHIFT = 4
"""Fractional bits of the coordinates handed to OpenCV: 1/16 px."""
ONE = 1 << SHIFT
ROUND, DETAIL = 1.3, 4.0
"""Radii in px from which a limb is shaded at all, and in finer steps."""
CASTS = 0.043
"""Radius in m of the thinnest limb whose shadow is worth painting."""


@frozen(kw_only=True, eq=False)
class Limb:
    """A tapered limb from ``start`` to ``end``, [3] m each, with a radius in m at either end."""

    start: Floats
    end: Floats
    thick: float
    thin: float
    colour: Colour


@frozen(kw_only=True, eq=False)
class Drawing:
    """A body in a picture.

    Attributes:
        limbs: Ends [2, 2] px, radii [2] px and colour of each limb, from far to near.
        racket: Outline of the racket's head [P, 2] px and its handle [2, 2] px; None without.
        bat: Whether the racket's head is solid.
        box: What it takes of the picture.
        depth: Of the pelvis, m.
    """

    limbs: tuple[tuple[Floats, Floats, Colour], ...]
    racket: tuple[Floats, Floats] | None
    bat: bool
    box: Box
    depth: float


def trace(body: Body, look: Look, sport: SportName, camera: Camera) -> Drawing | None:
    """Project a body; None when it is not before the camera."""
    limbs = _limbs(body, look)
    points, depth = camera.project(np.stack([[limb.start, limb.end] for limb in limbs]))
    if depth.min() < 0.5:
        return None
    radii = np.array([[limb.thick, limb.thin] for limb in limbs]) * camera.focal / depth
    corners = [(points - radii[..., None]).reshape(-1, 2), (points + radii[..., None]).reshape(-1, 2)]
    racket = _racket(body, look, sport)
    flat = None
    if racket is not None:
        flat = (camera.project(racket[0])[0], camera.project(racket[1])[0])
        corners.extend(flat)
    reached = np.concatenate(corners)
    x0, y0 = np.floor(reached.min(axis=0)).astype(int) - 3
    x1, y1 = np.ceil(reached.max(axis=0)).astype(int) + 4
    order = np.argsort(-depth.mean(axis=1))
    return Drawing(
        limbs=tuple((points[i], radii[i], limbs[i].colour) for i in order),
        racket=flat,
        bat=sport == "table_tennis",
        box=(int(x0), int(y0), int(x1), int(y1)),
        depth=float(camera.to_camera(body.pelvis)[2]),
    )


def paint(
    patch: Image, corner: tuple[int, int], drawing: Drawing, look: Look, *, light: Floats, brightness: float
) -> None:
    """Paint a body into a patch of a picture.

    Args:
        patch: [h, w, 3], changed in place.
        corner: Picture coordinates of its first pixel.
        drawing: The body.
        look: Its racket's colour.
        light: Direction towards the light in the picture, [2], of length 1 or less.
        brightness: Factor on all colours.
    """
    if drawing.racket is not None:
        _paint_racket(patch, drawing, scaled(look.racket, 0.8 * brightness), corner, brightness)
    for ends, radii, colour in drawing.limbs:
        placed, radius = ends - corner, radii.max()
        if radius < ROUND:
            _capsule(patch, placed, radii, scaled(colour, 0.8 * brightness))
            continue
        shift = light * radii[:, None] * 0.28
        _capsule(patch, placed, radii, scaled(colour, 0.64 * brightness))
        _capsule(patch, placed + shift, radii * 0.74, scaled(colour, 0.84 * brightness))
        if radius > DETAIL:
            _capsule(patch, placed + 1.3 * shift, radii * 0.55, scaled(colour, 0.92 * brightness))
            _capsule(patch, placed + 1.7 * shift, radii * 0.33, scaled(colour, brightness))


def outline(box: Box, drawing: Drawing) -> Image:
    """What a body covers of a box of the picture, [h, w]: 255 inside, 0 outside."""
    mask = np.zeros((box[3] - box[1], box[2] - box[0]), np.uint8)
    for ends, radii, _ in drawing.limbs:
        _capsule(mask, ends - box[:2], radii, (255,))
    if drawing.racket is not None:
        head, handle = (_fixed(part - box[:2]) for part in drawing.racket)
        if drawing.bat:
            cv2.fillConvexPoly(mask, head, (255,), cv2.LINE_AA, SHIFT)
        cv2.polylines(mask, [head], True, (255,), 1, cv2.LINE_AA, SHIFT)
        cv2.polylines(mask, [handle], False, (255,), 2, cv2.LINE_AA, SHIFT)
    return mask


def shade(mask: Image, body: Body, look: Look, camera: Camera, *, sun: Floats, scale: float) -> None:
    """Paint a body's shadow on the floor into a mask, in place: 255 where the light is kept away.

    Args:
        mask: Of the whole frame, [h, w].
        body: Who casts it.
        look: Its proportions.
        camera: The frame's camera.
        sun: Direction towards the light, [3].
        scale: Mask pixels per picture pixel.
    """
    limbs = [limb for limb in _limbs(body, look) if limb.thick > CASTS]
    ends = np.stack([[limb.start, limb.end] for limb in limbs])
    points, depth = camera.project(ends - sun * (ends[..., 2:] / sun[2]))
    if depth.min() < 0.5:
        return
    radii = np.array([[limb.thick, limb.thin] for limb in limbs]) * camera.focal / depth
    for placed, radius in zip(points * scale, np.minimum(radii, 60) * scale * 0.9, strict=True):
        _capsule(mask, placed, radius, (255,))


def _limbs(body: Body, look: Look) -> list[Limb]:
    b = look.build * look.height / 1.8
    up = np.array([0.0, 0.0, b])
    front = body.forward * b
    waist = body.pelvis + (body.neck - body.pelvis) * 0.16
    chest = body.neck - 0.12 * up
    limbs = [
        Limb(start=waist, end=chest, thick=0.132 * b, thin=0.165 * b, colour=look.shirt),
        Limb(
            start=body.shoulders[0], end=body.shoulders[1], thick=0.085 * b, thin=0.085 * b, colour=look.shirt
        ),
        Limb(start=body.hips[0], end=body.hips[1], thick=0.108 * b, thin=0.108 * b, colour=look.shorts),
        Limb(start=body.neck - 0.02 * up, end=body.head, thick=0.06 * b, thin=0.058 * b, colour=look.skin),
        Limb(start=body.head, end=body.head + 0.06 * up, thick=0.088 * b, thin=0.09 * b, colour=look.skin),
        Limb(
            start=body.head + 0.075 * up - 0.03 * front,
            end=body.head + 0.02 * up - 0.045 * front,
            thick=0.092 * b,
            thin=0.082 * b,
            colour=look.hair,
        ),
    ]
    for i in range(2):
        hip, knee, ankle = body.hips[i], body.knees[i], body.ankles[i]
        shoulder, elbow, hand = body.shoulders[i], body.elbows[i], body.hands[i]
        hem, calf, cuff = (
            hip + (knee - hip) * 0.68,
            knee + (ankle - knee) * 0.6,
            shoulder + (elbow - shoulder) * 0.6,
        )
        limbs += [
            Limb(start=hem, end=knee, thick=0.075 * b, thin=0.056 * b, colour=look.skin),
            Limb(start=hip, end=hem, thick=0.098 * b, thin=0.09 * b, colour=look.shorts),
            Limb(start=knee, end=calf, thick=0.056 * b, thin=0.052 * b, colour=look.skin),
            Limb(start=calf, end=ankle, thick=0.05 * b, thin=0.04 * b, colour=look.socks),
            Limb(start=ankle - 0.03 * up, end=body.toes[i], thick=0.05 * b, thin=0.04 * b, colour=look.shoes),
            Limb(start=elbow, end=hand, thick=0.042 * b, thin=0.032 * b, colour=look.skin),
            Limb(start=cuff, end=elbow, thick=0.046 * b, thin=0.042 * b, colour=look.skin),
            Limb(start=shoulder, end=cuff, thick=0.07 * b, thin=0.06 * b, colour=look.shirt),
            Limb(start=hand, end=hand + 0.03 * up, thick=0.04 * b, thin=0.036 * b, colour=look.skin),
        ]
    return limbs


def _racket(body: Body, look: Look, sport: SportName) -> tuple[Floats, Floats] | None:
    """Outline [16, 3] of the racket's head and its handle [2, 3], m; None without a racket."""
    if body.racket is None or body.flat is None:
        return None
    length, radius = RACKETS[sport]
    hand = body.hands[1 if look.hand > 0 else 0]
    along = (body.racket - hand) / length
    aside = np.cross(along, body.flat)
    turn = np.linspace(0, 2 * np.pi, 16, endpoint=False)[:, None]
    head = body.racket + along * np.cos(turn) * radius * 1.25 + aside * np.sin(turn) * radius
    return head, np.stack([hand - along * 0.08, body.racket - along * radius * 1.25])


def _paint_racket(
    patch: Image, drawing: Drawing, colour: Colour, corner: tuple[int, int], brightness: float
) -> None:
    if drawing.racket is None:
        return
    head, handle = (_fixed(part - corner) for part in drawing.racket)
    size = float(np.ptp(drawing.racket[0], axis=0).max())
    if drawing.bat:
        cv2.fillConvexPoly(patch, head, scaled((150, 32, 36), brightness), cv2.LINE_AA, SHIFT)
    else:
        strung = patch.copy()
        cv2.fillConvexPoly(strung, head, scaled((190, 190, 180), brightness), cv2.LINE_AA, SHIFT)
        cv2.addWeighted(strung, 0.16, patch, 0.84, 0, dst=patch)
    cv2.polylines(patch, [head], True, colour, max(1, round(size / 14)), cv2.LINE_AA, SHIFT)
    grip = scaled((40, 40, 44), brightness)
    cv2.polylines(patch, [handle], False, grip, max(1, round(size / 9)), cv2.LINE_AA, SHIFT)


def _capsule(image: Image, ends: Floats, radii: Floats, ink: tuple[int, ...]) -> None:
    """Fill the hull of two discs, antialiased."""
    (ax, ay), (bx, by) = (ends * ONE).tolist()
    near, far = (radii * ONE).tolist()
    length = math.hypot(bx - ax, by - ay)
    if length > 0.2 * ONE:
        x, y = (ay - by) / length, (bx - ax) / length
        hull = (
            (ax + x * near, ay + y * near),
            (bx + x * far, by + y * far),
            (bx - x * far, by - y * far),
            (ax - x * near, ay - y * near),
        )
        cv2.fillConvexPoly(image, np.array(hull).round().astype(np.int32), ink, cv2.LINE_AA, SHIFT)
    cv2.circle(image, (round(ax), round(ay)), max(1, round(near)), ink, -1, cv2.LINE_AA, SHIFT)
    cv2.circle(image, (round(bx), round(by)), max(1, round(far)), ink, -1, cv2.LINE_AA, SHIFT)


def _fixed(points: Floats) -> NDArray[np.int32]:
    return np.round(points * ONE).astype(np.int32)
