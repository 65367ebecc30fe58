"""Random pictures, where it does not matter what can be seen."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from tracknet_core.config.plan import Plan
from tracknet_core.data.dataset import Batch


class RandomWindows(Dataset[Batch]):
    """Windows as a data set gives them, of noise with a ball in every frame; made when asked for.

    Args:
        plan: Tells their shape and the seed.
        count: How many there are.
    """

    def __init__(self, plan: Plan, count: int) -> None:
        self._plan = plan
        self._count = count

    def __len__(self) -> int:
        return self._count

    def set_epoch(self, epoch: int) -> None:
        """Do nothing: every epoch is alike."""

    def __getitem__(self, index: int) -> Batch:
        """Make a window."""
        frames, (width, height) = self._plan.frames, self._plan.data.preprocess.resize
        noise = np.random.default_rng((self._plan.seed, index))
        pixels = noise.integers(0, 256, (frames, 3, height, width), dtype=np.uint8)
        xy = noise.uniform((0, 0), (width, height), (frames, 2)).astype(np.float32)
        return Batch(
            frames=torch.from_numpy(pixels),
            xy=torch.from_numpy(xy),
            ball=torch.ones(frames, dtype=torch.bool),
            clip=torch.tensor(0),
            index=torch.arange(frames),
            scored=torch.ones(frames, dtype=torch.bool),
        )


def random_frames(plan: Plan, count: int) -> Iterator[NDArray[np.uint8]]:
    """Make a stream of frames of noise at the size of the model's input, RGB ``[H, W, 3]``."""
    width, height = plan.data.preprocess.resize
    noise = np.random.default_rng(plan.seed)
    for _ in range(count):
        yield noise.integers(0, 256, (height, width, 3), dtype=np.uint8)
