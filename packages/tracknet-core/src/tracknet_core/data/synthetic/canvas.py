"""A picture larger than the frame on which the still parts of a venue are painted once."""

import cv2
import numpy as np
from numpy.typing import NDArray

from tracknet_core.data.synthetic.arrays import Colour, Floats, Image
from tracknet_core.data.synthetic.camera import Camera, in_front
from tracknet_core.data.synthetic.patches import over, shares

SHIFT = 4
"""Fractional bits of the coordinates handed to OpenCV: 1/16 px."""
FAR = 30_000.0
"""Coordinates are cut here, in px: OpenCV overflows beyond."""


class Canvas:
    """World shapes painted as one camera sees them.

    Attributes:
        camera: The camera of the canvas.
        image: Picture, [H, W, 3].
    """

    def __init__(self, camera: Camera, size: tuple[int, int], colour: Colour) -> None:
        """A canvas of ``size`` (W, H) px in one colour."""
        self.camera = camera
        self.image: Image = np.empty((size[1], size[0], 3), np.uint8)
        self.image[:] = colour

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, px."""
        return self.image.shape[1], self.image.shape[0]

    def polygon(self, corners: "Floats | list[tuple[float, float, float]]", colour: Colour) -> None:
        """Fill a convex world polygon [N, 3]."""
        outline = self.outline(np.asarray(corners, np.float64))
        if outline is not None:
            cv2.fillConvexPoly(self.image, outline, colour, cv2.LINE_AA, SHIFT)

    def mask(self, corners: "Floats | list[tuple[float, float, float]]") -> Image:
        """Where a convex world polygon is seen, [H, W]: 255 inside."""
        mask = np.zeros(self.image.shape[:2], np.uint8)
        outline = self.outline(np.asarray(corners, np.float64))
        if outline is not None:
            cv2.fillConvexPoly(mask, outline, (255,), cv2.LINE_AA, SHIFT)
        return mask

    def outline(self, corners: Floats) -> NDArray[np.int32] | None:
        """A convex world polygon in the canvas, fixed point; None where nothing is before the camera."""
        seen = in_front(corners, self.camera)
        if len(seen) < 3:
            return None
        points, _ = self.camera.project(seen)
        return np.round(np.clip(points, -FAR, FAR) * (1 << SHIFT)).astype(np.int32)

    def texture(self, corners: Floats, texture: Image, alpha: Image | None = None) -> None:
        """Paint a picture on a world quadrilateral [4, 3]: its corners from the top left, clockwise.

        A quadrilateral that reaches behind the camera is left out; cut large ones into panels.
        """
        points, depth = self.camera.project(corners)
        if depth.min() < 0.3:
            return
        width, height = self.size
        x0, y0 = np.maximum(np.floor(points.min(axis=0)).astype(int) - 1, 0)
        x1, y1 = np.minimum(np.ceil(points.max(axis=0)).astype(int) + 2, (width, height))
        if x1 - x0 < 2 or y1 - y0 < 2:
            return
        sides = np.linalg.norm(points - np.roll(points, -1, axis=0), axis=1)
        across, down = max(sides[0], sides[2]), max(sides[1], sides[3])
        texture = _shrunk(texture, across, down)
        rows, columns = texture.shape[:2]
        source = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32) - 0.5
        target = (points - (x0, y0)).astype(np.float32)
        mapping = cv2.getPerspectiveTransform(source, target)
        box = (int(x1 - x0), int(y1 - y0))
        painted = cv2.warpPerspective(texture, mapping, box, borderMode=cv2.BORDER_REPLICATE)
        cover = np.zeros((box[1], box[0]), np.uint8)
        cv2.fillConvexPoly(
            cover, np.round(target * (1 << SHIFT)).astype(np.int32), (255,), cv2.LINE_AA, SHIFT
        )
        if alpha is not None:
            warped = cv2.warpPerspective(_shrunk(alpha, across, down), mapping, box)
            cover = np.asarray(cv2.multiply(cover, warped, scale=1 / 255), np.uint8)
        region = self.image[y0:y1, x0:x1]
        region[:] = over(region, np.asarray(painted, np.uint8), shares(cover))

    def wash(self, colour: Colour, cover: Image) -> None:
        """Paint a colour over the canvas by ``cover`` [H, W], 255 for all of it."""
        self.image[:] = over(self.image, np.array(colour, np.float32), shares(cover))


def _shrunk(texture: Image, across: float, down: float) -> Image:
    """A texture that is no finer than the pixels it falls on."""
    rows, columns = texture.shape[:2]
    smaller = (min(columns, max(2, round(across))), min(rows, max(2, round(down))))
    if smaller == (columns, rows):
        return texture
    return np.asarray(cv2.resize(texture, smaller, interpolation=cv2.INTER_AREA), np.uint8)
