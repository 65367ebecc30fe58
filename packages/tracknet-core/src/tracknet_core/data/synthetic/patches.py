"""Rectangles of a picture, and painting within them."""

import numpy as np

from tracknet_core.data.synthetic.arrays import Colour, Image, Shares

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in px; the last column and row are not part of it."""


def overlap(a: Box, b: Box) -> Box | None:
    """What two boxes have in common."""
    box = (max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3]))
    return box if box[0] < box[2] and box[1] < box[3] else None


def in_picture(box: Box, size: tuple[int, int]) -> Box | None:
    """The part of a box that lies in a picture of ``size`` (W, H)."""
    return overlap(box, (0, 0, *size))


def within(outer: Box, inner: Box) -> tuple[slice, slice]:
    """Where ``inner`` lies in an array that covers ``outer``."""
    return (
        slice(inner[1] - outer[1], inner[3] - outer[1]),
        slice(inner[0] - outer[0], inner[2] - outer[0]),
    )


def crop(image: Image, box: Box) -> Image:
    """A view of a box of a picture."""
    return image[box[1] : box[3], box[0] : box[2]]


def over(below: Image, above: "Image | Shares", cover: Shares) -> Image:
    """``above`` over ``below``, [h, w, 3] each, by ``cover`` [h, w] from 0 to 1."""
    under = below.astype(np.float32)
    return np.asarray(np.rint(under + (above - under) * cover[..., None]), np.uint8)


def shares(mask: Image) -> Shares:
    """A mask as shares from 0 to 1."""
    return np.asarray(mask * np.float32(1 / 255), np.float32)


def scaled(colour: Colour, factor: float) -> Colour:
    """A colour with its brightness changed."""
    r, g, b = (int(min(255.0, channel * factor)) for channel in colour)
    return r, g, b
