"""What a detector asks of whatever runs the model."""

from typing import Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Precision = Literal["fp32", "fp16", "bf16"]

Windows = NDArray[np.uint8]
"""B windows of T frames at the size of the model's input, RGB ``[B, T, 3, H, W]``; in any memory layout."""


class Engine(Protocol):
    """Runs windows through one trained model. Its methods may be called from several threads."""

    @property
    def name(self) -> str:
        """One of ``ENGINES``."""

    @property
    def frames(self) -> int:
        """Frames in a window, T."""

    @property
    def input_size(self) -> tuple[int, int]:
        """Width and height of frames, px."""

    @property
    def heatmap_size(self) -> tuple[int, int]:
        """Width and height of heatmaps, px."""

    @property
    def device(self) -> torch.device:
        """Where it computes."""

    @property
    def precision(self) -> Precision:
        """The arithmetic of its matrix multiplications."""

    @property
    def concurrent(self) -> int:
        """How many batches it computes at the same time where that is faster than one after the other."""

    def candidates(self, windows: Windows) -> Tensor:
        """Find the peaks of every frame's heatmap.

        Returns:
            float32 ``[B, T, K, 3]``, best first: x and y in continuous heatmap px, nan where there
            are fewer than K, and the score in [0, 1].
        """

    def heatmaps(self, windows: Windows) -> Tensor:
        """Return probabilities, float32 ``[B, T, Hh, Wh]``."""


def batch_size_on(device: torch.device) -> int:
    """Tell how many windows go through a model at once to measure and predict, unless somebody says."""
    return 16 if device.type == "cuda" else 4
