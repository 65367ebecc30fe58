"""A frame while it is painted, from far to near, keeping track of what remains of the ball."""

import cv2
import numpy as np
from attrs import frozen

from tracknet_core.data.synthetic import shadows
from tracknet_core.data.synthetic.arrays import Floats, Image, Shares
from tracknet_core.data.synthetic.ball_image import Paint, Swept, discs, moments, sweep
from tracknet_core.data.synthetic.figure import Drawing, outline, paint, trace
from tracknet_core.data.synthetic.lookalikes import Speck, flash
from tracknet_core.data.synthetic.looks import Look
from tracknet_core.data.synthetic.patches import Box, crop, in_picture, over, overlap, scaled, shares, within
from tracknet_core.data.synthetic.pose import Body, body_at
from tracknet_core.data.synthetic.scene import Scene
from tracknet_core.data.synthetic.screens import hidden
from tracknet_core.data.synthetic.visibility import ABSENT, classify

BEYOND = 300
"""px outside the picture beyond which the ball is not painted at all."""
SPIN = 9.0
"""rad/s at which a ball's panels turn."""


@frozen(kw_only=True, eq=False)
class Figure:
    """A player in a frame."""

    drawing: Drawing
    body: Body
    look: Look


class Painter:
    """One frame of a scene.

    Attributes:
        image: The picture so far, [H, W, 3].
        ball_depth: Depth of the ball, m: what is nearer is painted after it.
    """

    def __init__(self, scene: Scene, frame: int) -> None:
        """Start with the still venue."""
        self._scene, self._frame = scene, frame
        self._venue, self._camera = scene.venue, scene.cameras[frame]
        self._time = scene.time(frame)
        self._mapping = self._venue.camera.to_pose(self._camera)
        self.image: Image = np.asarray(
            cv2.warpPerspective(
                self._venue.image, self._mapping, scene.size, borderMode=cv2.BORDER_REPLICATE
            ),
            np.uint8,
        )
        self._light: Floats = (self._camera.rotation @ self._venue.light.sun)[:2]
        self._bodies = [
            (body_at(motion, look, self._venue.sport, self._time), look)
            for motion, look in zip(scene.motions, scene.looks, strict=True)
        ]
        self._place = scene.ball(np.array([self._time]))[0]
        xy, depth = self._camera.project(self._place)
        self._xy = (round(float(xy[0]), 2), round(float(xy[1]), 2))
        self.ball_depth = float(depth)
        self._ball = self._swept_ball()
        self._left: Shares | None = self._ball.cover if self._ball else None
        self._behind: Image | None = None

    @property
    def ball_diameter(self) -> float:
        """Diameter of the ball, px; that of a shuttlecock's feathers' tips. It must be before the camera."""
        return round(2 * self._venue.ball.radius * self._camera.focal / self.ball_depth, 2)

    def figures(self) -> list[Figure]:
        """The players in the picture, from far to near."""
        found = []
        for body, look in self._bodies:
            drawing = trace(body, look, self._venue.sport, self._camera)
            if drawing is not None and in_picture(drawing.box, self._scene.size):
                found.append(Figure(drawing=drawing, body=body, look=look))
        return sorted(found, key=lambda figure: -figure.drawing.depth)

    def cast_shadows(self) -> None:
        """Darken the floor under the players and the ball."""
        shadows.cast_by_players(self.image, self._venue, self._camera, self._bodies)
        shadows.cast_by_ball(self.image, self._venue, self._camera, self._place)

    def paint_balls_at_rest(self) -> None:
        """Paint the balls that lie about."""
        for place in self._scene.balls_at_rest(self._time):
            if self._camera.to_camera(place)[2] < 1:
                continue
            ball = self._sweep(place[None], np.array([[1.0, 0.3, 0.0]]))
            box = in_picture(ball.box, self._scene.size)
            if box:
                shadows.cast_by_ball(self.image, self._venue, self._camera, place)
                self._lay(ball, box, self._visible(place, box))

    def paint_ball(self) -> None:
        """Paint the ball in play."""
        box = in_picture(self._ball.box, self._scene.size) if self._ball else None
        if self._ball is None or box is None:
            return
        self._behind = crop(self.image, box).copy()
        visible = self._visible(self._place, box)
        self._left = np.zeros_like(self._ball.cover)
        self._left[within(self._ball.box, box)] = self._ball.cover[within(self._ball.box, box)] * visible
        self._lay(self._ball, box, visible)

    def paint_figure(self, figure: Figure) -> None:
        """Paint a player."""
        drawing, venue = figure.drawing, self._venue
        box = in_picture(drawing.box, self._scene.size)
        if box is None:
            return
        region = crop(self.image, box)
        painted = region.copy()
        brightness = venue.light.brightness(figure.body.pelvis)
        paint(painted, box[:2], drawing, figure.look, light=self._light, brightness=brightness)
        if venue.sensor.softness > 0.3:
            changed = cv2.dilate((painted != region).any(axis=-1).astype(np.uint8), np.ones((3, 3), np.uint8))
            soft = cv2.GaussianBlur(painted, (0, 0), venue.sensor.softness)
            painted = np.where(changed[..., None] > 0, soft, region)
        feet = np.array([*figure.body.pelvis[:2], 0.0])
        behind = hidden(venue, self._camera, self._mapping, feet, box)
        region[:] = painted if behind is None else over(region, painted, 1 - behind)
        if drawing.depth < self.ball_depth and self._ball and overlap(box, self._ball.box):
            self._hide(box, shares(outline(box, drawing)))

    def paint_specks(self) -> None:
        """Paint what flies through, flashes and dust."""
        alike, unit = self._scene.lookalikes, self._scene.size[0] / 1280
        for speck in (*alike.flyers[self._frame], *alike.dust):
            self._paint_speck(speck)
        for place in alike.flashes[self._frame]:
            point, depth = self._camera.project(place)
            if depth > 1:
                self._paint_speck(flash(point, unit))

    def lay_overlays(self) -> None:
        """Lay the broadcaster's graphics over the picture."""
        for overlay in self._scene.overlays:
            patch = crop(self.image, overlay.box)
            patch[:] = over(patch, overlay.image, overlay.cover)
            self._hide(overlay.box, overlay.cover)

    def judge(self) -> tuple[int, tuple[float, float] | None]:
        """Visibility class and place of the ball, from what was painted."""
        (x, y), (width, height) = self._xy, self._scene.size
        box = in_picture(self._ball.box, self._scene.size) if self._ball else None
        if self._ball is None or box is None or not (0 <= x <= width - 1 and 0 <= y <= height - 1):
            return ABSENT, None
        part = within(self._ball.box, box)
        picture = crop(self.image, box)
        left = self._ball.cover if self._left is None else self._left
        behind = picture if self._behind is None else self._behind
        seen = classify(self._ball.cover[part], left[part], behind, picture, self._venue.sensor.noise)
        return seen, self._xy

    def _swept_ball(self) -> Swept | None:
        """The ball in play over the exposure; None when it is far outside the picture."""
        half = 0.5 * min(self._venue.sensor.exposure, 1 / self._scene.fps)
        ends, depth = self._camera.project(self._scene.ball(self._time + half * np.array([-1.0, 1.0])))
        outside = max(float(-ends.min()), float((ends - self._scene.size).max()))
        if depth.min() < 0.4 or outside > BEYOND:
            return None
        times = self._time + half * moments(float(np.hypot(*(ends[1] - ends[0]))))
        places = self._scene.ball(times)
        return self._sweep(places, self._scene.ball(times + 1e-3) - places)

    def _sweep(self, places: Floats, ways: Floats) -> Swept:
        """A ball at places [K, 3] on its ways [K, 3]."""
        venue = self._venue
        brightness = venue.light.brightness(places[len(places) // 2])
        first, second = (scaled(colour, brightness) for colour in venue.ball_colours)
        light = (float(self._light[0]), float(self._light[1]))
        centres, radii = discs(venue.sport, venue.ball.radius, places, ways, self._camera)
        colours = Paint(first=first, second=second, light=light, turn=SPIN * self._time)
        return sweep(centres, radii, colours, venue.sensor.softness)

    def _visible(self, place: Floats, box: Box) -> Shares:
        """What the net and the table leave to be seen of a thing, [h, w]."""
        behind = hidden(self._venue, self._camera, self._mapping, place, box)
        return np.ones((box[3] - box[1], box[2] - box[0]), np.float32) if behind is None else 1 - behind

    def _lay(self, ball: Swept, box: Box, visible: "Shares | float") -> None:
        part = within(ball.box, box)
        patch = crop(self.image, box)
        patch[:] = over(patch, ball.colour[part], ball.cover[part] * visible)

    def _paint_speck(self, speck: Speck) -> None:
        share = np.linspace(0, 1, 6)[:, None]
        path = np.array(speck.start) * (1 - share) + np.array(speck.end) * share
        plain = Paint(first=speck.colour, second=speck.colour)
        swept = sweep(path[:, None], np.full((6, 1), speck.radius), plain, speck.softness)
        box = in_picture(swept.box, self._scene.size)
        if box:
            self._lay(swept, box, speck.opacity)
            self._hide(box, swept.cover[within(swept.box, box)] * speck.opacity)

    def _hide(self, box: Box, cover: Shares) -> None:
        """Note that something with a cover [h, w] was painted over a box."""
        common = overlap(box, self._ball.box) if self._ball else None
        if self._ball is None or self._left is None or common is None:
            return
        self._left = self._left.copy()
        self._left[within(self._ball.box, common)] *= 1 - cover[within(box, common)]
