"""What the sensor and the codec add: noise, and the compression's settings."""

import cv2
import numpy as np
from attrs import frozen
from numpy.random import Generator

from tracknet_core.data.synthetic.arrays import Image
from tracknet_core.data.synthetic.spec import Difficulty

MARGIN = 96
"""px by which the noise tiles are larger than a frame, each way."""


@frozen(kw_only=True, eq=False)
class Sensor:
    """A camera's sensor.

    Attributes:
        brighter, darker: Tiles of noise to add and to take away, larger than a frame.
        noise: Standard deviation of the noise, grey levels.
        softness: Standard deviation of the lens blur, px.
        exposure: Time that the shutter is open, s, if a frame is as long.
        jpeg_quality: Quality of its JPEG files.
        video_quality: Constant rate factor of its videos; lower is better.
    """

    brighter: Image
    darker: Image
    noise: float
    softness: float
    exposure: float
    jpeg_quality: int
    video_quality: int

    def add_noise(self, image: Image, rng: Generator) -> Image:
        """The image with noise, in place."""
        height, width = image.shape[:2]
        x, y = (int(v) for v in rng.integers(0, MARGIN, 2))
        window = np.s_[y : y + height, x : x + width]
        cv2.add(image, self.brighter[window], dst=image)
        cv2.subtract(image, self.darker[window], dst=image)
        return image


def draw_sensor(rng: Generator, preset: Difficulty, size: tuple[int, int]) -> Sensor:
    """A sensor for frames of ``size`` (W, H).

    Its noise is part grey, part coloured, and slightly blurred, as a video codec leaves it.
    """
    sigma = float(rng.uniform(*preset.noise))
    shape = (size[1] + MARGIN, size[0] + MARGIN)
    grey = rng.standard_normal(shape, dtype=np.float32)[..., None]
    colour = cv2.resize(
        rng.standard_normal(((shape[0] + 1) // 2, (shape[1] + 1) // 2, 3), dtype=np.float32), shape[::-1]
    )
    noise = cv2.GaussianBlur(0.85 * grey + 0.75 * colour, (0, 0), float(rng.uniform(0.45, 0.7)))
    noise = np.asarray(noise * (sigma / noise.std()), np.float32)
    return Sensor(
        brighter=np.rint(np.clip(noise, 0, 255)).astype(np.uint8),
        darker=np.rint(np.clip(-noise, 0, 255)).astype(np.uint8),
        noise=sigma,
        softness=float(rng.uniform(*preset.softness)) * size[0] / 1280,
        exposure=float(rng.uniform(*preset.exposure)),
        jpeg_quality=int(rng.integers(preset.jpeg_quality[0], preset.jpeg_quality[1] + 1)),
        video_quality=int(rng.integers(20, 27)),
    )
