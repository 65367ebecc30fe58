"""Random changes to training windows, the same for all frames of a window and its labels.

A change is a pure function of the run's seed, the epoch and the window: no global random numbers,
so that a resumed run sees what an unbroken one would have seen, whichever worker reads it.
"""

import math

import numpy as np
from attrs import astuple, field, frozen
from numpy.typing import NDArray

from tracknet_core.config.schema import AugmentConfig
from tracknet_core.data.geometry import PADDING, mirror

QUALITIES = (30, 95)
"""Lowest and highest JPEG quality drawn."""

_LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601
_GREY = 127.5


@frozen(kw_only=True, eq=False)
class Change:
    """What happens to one window, in this order.

    Attributes:
        size: Width and height of its frames, in px.
        flip: Whether it is mirrored from left to right.
        affine: ``[2, 3]`` map of continuous coordinates; None moves nothing.
        colour: ``[3, 4]`` map of (R, G, B, 1) in 0 to 255; None leaves colours alone.
        blur: Standard deviation of a Gaussian blur, in px; 0 for none.
        quality: JPEG quality of a compression; None for none.
    """

    size: tuple[int, int]
    flip: bool = False
    affine: NDArray[np.float64] | None = None
    colour: NDArray[np.float64] | None = None
    blur: float = 0.0
    quality: int | None = None

    def picture(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Change a frame, RGB ``[H, W, 3]``; what is moved into it is grey. The input stays as it is."""
        import cv2

        changed: cv2.typing.MatLike = picture
        if self.flip:
            changed = cv2.flip(changed, 1)
        if self.affine is not None:
            linear, moved = self.affine[:, :2], self.affine[:, 2]
            by_index = np.column_stack(
                (linear, linear @ (0.5, 0.5) + moved - 0.5)
            )  # OpenCV counts pixels from 0
            changed = cv2.warpAffine(changed, by_index, self.size, borderValue=(PADDING,) * 3)
        if self.colour is not None:
            changed = cv2.transform(changed, self.colour)
        if self.blur:
            changed = cv2.GaussianBlur(changed, (0, 0), self.blur)
        if self.quality is not None:
            as_bgr = cv2.cvtColor(changed, cv2.COLOR_RGB2BGR)  # JPEG treats colours differently
            _, encoded = cv2.imencode(".jpg", as_bgr, [cv2.IMWRITE_JPEG_QUALITY, self.quality])
            changed = cv2.cvtColor(np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR)), cv2.COLOR_BGR2RGB)
        return np.asarray(changed, dtype=np.uint8)

    def points(self, xy: NDArray[np.float32]) -> NDArray[np.float32]:
        """Move points ``[..., 2]`` in continuous px along; nan where they leave the picture."""
        if self.flip:
            xy = mirror(xy, self.size[0])
        if self.affine is None:
            return xy
        moved = (xy @ self.affine[:, :2].T + self.affine[:, 2]).astype(np.float32)
        inside = ((moved >= 0) & (moved <= self.size)).all(-1, keepdims=True)
        return np.where(inside, moved, np.float32(np.nan))


@frozen(kw_only=True)
class Augmentation:
    """Draws the change of each window.

    Attributes:
        config: Largest changes.
        flip_prob: Probability of a mirrored window.
        size: Width and height of the model's input, in px.
        seed: The run's seed.
    """

    config: AugmentConfig
    flip_prob: float
    size: tuple[int, int]
    seed: int
    active: bool = field(init=False)

    @active.default
    def _is_active(self) -> bool:
        return self.flip_prob > 0 or any(astuple(self.config))

    def change(self, epoch: int, index: int) -> Change | None:
        """Draw the change of a window; None, at no cost, where nothing is ever changed.

        Args:
            epoch: From 0.
            index: Number of the window in the data set.
        """
        if not self.active:
            return None
        # One number for each setting, so that turning one on leaves the others' draws alone.
        draws = np.random.default_rng((self.seed % 2**32, epoch, index)).random(12)
        config, either_way = self.config, 2 * draws - 1
        lowest, highest = QUALITIES
        return Change(
            size=self.size,
            flip=bool(draws[0] < self.flip_prob),
            affine=self._affine(either_way[1:5]),
            colour=self._colour(either_way[5:9]),
            blur=float(config.blur * draws[9]),
            quality=int(lowest + draws[11] * (highest + 1 - lowest))
            if draws[10] < config.compression
            else None,
        )

    def _affine(self, draws: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Zoom and turn about the centre, then shift."""
        config = self.config
        if not (config.zoom or config.rotate or config.shift):
            return None
        scale = (1 + config.zoom) ** draws[0]
        angle = math.radians(config.rotate * draws[1])
        linear = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        size = np.array(self.size, dtype=np.float64)
        return np.column_stack((linear, size / 2 - linear @ (size / 2) + config.shift * size * draws[2:4]))

    def _colour(self, draws: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Saturation, hue, contrast and brightness are all linear: one matrix. Grey keeps its hue."""
        config = self.config
        if not (config.brightness or config.contrast or config.saturation or config.hue):
            return None
        brightness, contrast, saturation = 1 + draws[:3] * (
            config.brightness,
            config.contrast,
            config.saturation,
        )
        saturate = saturation * np.eye(3) + (1 - saturation) * _LUMA
        linear = brightness * contrast * _about_grey(math.radians(config.hue * draws[3])) @ saturate
        return np.column_stack((linear, np.full(3, brightness * (1 - contrast) * _GREY)))


def _about_grey(angle: float) -> NDArray[np.float64]:
    """Rotation of RGB space about its grey diagonal (Rodrigues' formula)."""
    axis = 1 / math.sqrt(3)
    cross = axis * np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    return math.cos(angle) * np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) / 3
