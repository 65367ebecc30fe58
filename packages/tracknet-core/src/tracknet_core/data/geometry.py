"""Where a point of the source picture lies in the model's input, and back.

Three kinds of coordinates exist. Labels and results are *source pixel indices*: the first pixel's
centre is 0. Inside, everything is *continuous*: the first pixel spans 0 to 1 and its centre is
0.5, so that a change of size is a mere multiplication. :class:`PictureMap` leads from the first
to continuous input coordinates; :func:`rescale` from those to the heatmap's.

All functions take floating-point numpy arrays and torch tensors alike, of shape ``[..., 2]`` (x, y), and keep
their type. nan stays nan.
"""

from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

Points = TypeVar("Points", "NDArray[np.float64]", "NDArray[np.float32]", "Tensor")
Size = tuple[int, int]
"""Width and height, in pixels."""

PADDING = 114
"""Grey level of what lies outside the picture."""


def off_picture(xy: "NDArray[np.float64]", size: Size) -> "NDArray[np.bool_]":
    """Tell which source pixel indices ``[N, 2]`` lie off a picture, which spans -0.5 to its size - 0.5.

    Where there is no position (nan), none lies off it.
    """
    return np.asarray(((xy < -0.5) | (xy >= np.array(size) - 0.5)).any(axis=1))


def _positive(_: object, __: object, size: Size) -> None:
    if min(size) < 1:
        raise ValueError(f"a picture of {size[0]}×{size[1]} px")


@frozen
class PictureMap:
    """The way from a source picture to the model's input.

    Attributes:
        source: Size of the source picture.
        target: Size of the model's input.
        fit: ``stretch`` fills the input; ``letterbox`` keeps the aspect ratio, to the pixel, and
            pads evenly with grey.
    """

    source: Size = field(validator=_positive)
    target: Size = field(validator=_positive)
    fit: Literal["stretch", "letterbox"] = "stretch"

    @property
    def content(self) -> Size:
        """Size of the picture within the input, in input px."""
        if self.fit == "stretch":
            return self.target
        scale = min(self.target[0] / self.source[0], self.target[1] / self.source[1])
        return max(1, round(self.source[0] * scale)), max(1, round(self.source[1] * scale))

    @property
    def offset(self) -> tuple[int, int]:
        """Left and upper padding, in input px."""
        return (self.target[0] - self.content[0]) // 2, (self.target[1] - self.content[1]) // 2

    def to_target(self, xy: Points) -> Points:
        """Map source pixel indices to continuous input coordinates."""
        return rescale(xy + 0.5, self.source, self.content) + _like(xy, self.offset)

    def to_source(self, xy: Points) -> Points:
        """Map continuous input coordinates to source pixel indices: the inverse of ``to_target``."""
        return rescale(xy - _like(xy, self.offset), self.content, self.source) - 0.5

    def warp(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Resize a picture to the input's size, averaging over pixels where it shrinks.

        Args:
            image: ``[H, W, 3]``, the source picture, whole, at any scale.

        Returns:
            ``[target height, target width, 3]``; ``image`` itself where nothing is to be done.
        """
        import cv2

        height, width = image.shape[:2]
        if (width, height) != self.content:
            shrinks = width > self.content[0] or height > self.content[1]
            how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
            image = np.asarray(cv2.resize(image, self.content, interpolation=how), dtype=np.uint8)
        if self.content == self.target:
            return image
        (left, upper), (width, height) = self.offset, self.content
        padded = np.full((self.target[1], self.target[0], 3), PADDING, dtype=np.uint8)
        padded[upper : upper + height, left : left + width] = image
        return padded


def rescale(xy: Points, size: Size, to: Size) -> Points:
    """Map continuous coordinates of a picture to those of the same picture at another size.

    Args:
        xy: Points, such as continuous input px.
        size: Width and height that they refer to.
        to: Width and height to refer to, such as the heatmap's.
    """
    return xy * _like(xy, (to[0] / size[0], to[1] / size[1]))


def mirror(xy: Points, width: int) -> Points:
    """Map continuous coordinates to those in the horizontally flipped picture; its own inverse."""
    return xy * _like(xy, (-1.0, 1.0)) + _like(xy, (width, 0.0))


def _like(xy: Points, pair: tuple[float, float]) -> Points:
    if isinstance(xy, np.ndarray):
        return np.asarray(pair, dtype=xy.dtype)
    return xy.new_tensor(pair)
