"""How the camera moves through a clip: it follows the ball a little, and shakes."""

import numpy as np
from numpy.random import Generator

from tracknet_core.data.synthetic.arrays import Floats
from tracknet_core.data.synthetic.camera import Camera
from tracknet_core.data.synthetic.spec import Difficulty
from tracknet_core.data.synthetic.venue import MARGIN, recentred


def film(
    camera: Camera, ball: Floats, size: tuple[int, int], *, fps: float, rng: Generator, preset: Difficulty
) -> tuple[Camera, ...]:
    """Poses of a clip's frames.

    Args:
        camera: The venue's camera.
        ball: Where the ball is in each frame, [N, 3] m.
        size: Width and height of a frame, px.
        fps: Frames per second.
        rng: What shakes.
        preset: How much it pans and shakes.
    """
    frame = recentred(camera, size)
    seen, depth = frame.project(ball)
    offset = np.where(depth[:, None] > 1, (seen - frame.centre) / np.array(size), 0.0).clip(-0.6, 0.6)
    follow = _smooth(offset, 0.5 * fps) * preset.pan * np.array([1.0, 0.35])
    time = np.arange(len(ball)) / fps
    shake = np.zeros((len(ball), 3))
    for frequency, amplitude in ((0.35, 1.2), (1.1, 0.5), (3.7, 0.22), (8.3, 0.12)):
        phase = rng.uniform(0, 2 * np.pi, 3)
        jitter = rng.uniform(0.6, 1.4, 3) * frequency
        shake += amplitude * np.sin(2 * np.pi * time[:, None] * jitter + phase)
    # in px at 1280 px width; about the axis in a thousandth of a radian
    shake *= preset.shake * rng.uniform(0.3, 1.0)
    zoom = 1.0 + (
        rng.uniform(0.0, 0.03) + 0.02 * preset.pan * np.sin(2 * np.pi * (0.07 * time + rng.random()))
    )
    reach = 0.8 * MARGIN
    poses = []
    for i in range(len(ball)):
        share = (follow[i] + shake[i, :2] / 1280).clip(-reach, reach)
        angle = np.arctan(share * np.array(size) / frame.focal)
        roll = float(shake[i, 2]) * 3e-4
        poses.append(
            frame.turned(yaw=float(angle[0]), pitch=-float(angle[1]), roll=roll, zoom=float(zoom[i]))
        )
    return tuple(poses)


def _smooth(values: Floats, frames: float) -> Floats:
    """Low-pass [N, D] over about ``frames`` frames, looking both ways as a practised operator does."""
    reach = max(1, round(2 * frames))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(frames, 0.5)) ** 2)
    wide = np.pad(values, ((reach, reach), (0, 0)), mode="edge")
    return np.stack([np.convolve(column, kernel / kernel.sum(), mode="valid") for column in wide.T], axis=1)
