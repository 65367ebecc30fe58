"""What of a thing the net and the table hide."""

import cv2
import numpy as np

from tracknet_core.data.synthetic.arrays import Floats, Shares
from tracknet_core.data.synthetic.camera import Camera
from tracknet_core.data.synthetic.patches import Box, shares
from tracknet_core.data.synthetic.venue import Venue


def hidden(venue: Venue, camera: Camera, mapping: Floats, place: Floats, box: Box) -> Shares | None:
    """How much of a thing is hidden, from 0 to 1.

    Args:
        venue: What hides.
        camera: The frame's camera.
        mapping: From the venue's canvas to the frame, [3, 3].
        place: Where the thing is, [3] m; of a player, the point on the floor.
        box: The part of the frame that it takes.

    Returns:
        A share for each pixel of the box, [h, w]; None where nothing stands between.
    """
    masks = []
    if place[1] * camera.position[1] < 0:  # on the other side of the net's plane
        masks.append(venue.net)
    if venue.table is not None and _behind_table(venue, camera, place):
        masks.append(venue.table)
    if not masks:
        return None
    move = np.array([[1.0, 0.0, -box[0]], [0.0, 1.0, -box[1]], [0.0, 0.0, 1.0]])
    size = (box[2] - box[0], box[3] - box[1])
    seen = [cv2.warpPerspective(mask, move @ mapping, size) for mask in masks]
    return shares(np.asarray(np.max(seen, axis=0), np.uint8))


def _behind_table(venue: Venue, camera: Camera, place: Floats) -> bool:
    """Whether the ray from a place to the camera passes the table's top, or the place is beyond it."""
    height, eye = venue.court.height, camera.position
    if place[2] >= height:
        return False
    crossing = place + (eye - place) * ((height - place[2]) / (eye[2] - place[2]))
    if venue.court.on_table(crossing[0], crossing[1]):
        return True
    _, depth = camera.project(np.array([place, (0.0, 0.0, height)]))
    return bool(depth[0] > depth[1])
