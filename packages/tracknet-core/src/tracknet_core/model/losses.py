"""Heatmap losses, as sums over a batch and the number to divide them by.

Loss and divisor are apart so that micro-batches add up to exactly the loss of the full batch:
``sum(total(part)) / items(full batch)``.
"""

from typing import Protocol

import torch
from attrs import frozen
from torch import Tensor
from torch.nn import functional

from tracknet_core.config.schema import LossConfig


class HeatmapLoss(Protocol):
    """A loss over heatmaps of shape ``[B, T, H, W]``."""

    def total(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Sum the loss over all pixels; float32 scalar."""

    def items(self, ball: Tensor, heatmap_size: tuple[int, int]) -> float:
        """Tell what the total of a batch with these balls (bool ``[B, T]``) is divided by."""


class _PerPixel:
    def items(self, ball: Tensor, heatmap_size: tuple[int, int]) -> float:
        """Count the pixels."""
        width, height = heatmap_size
        return float(ball.numel() * width * height)


class SquaredError(_PerPixel):
    """Mean squared error between the sigmoid and the target."""

    def total(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Sum ``(p - t)²``."""
        return functional.mse_loss(torch.sigmoid(logits.float()), targets, reduction="sum")


class WeightedCrossEntropy(_PerPixel):
    """TrackNetV2's weighted binary cross-entropy (Sun et al., 2020, eq. 1).

    ``-[(1 - p)² t log p + p² (1 - t) log(1 - p)]``, averaged over pixels.
    """

    def total(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Sum it over all pixels."""
        logits = logits.float()
        p = torch.sigmoid(logits)
        ball = (1 - p) ** 2 * targets * functional.logsigmoid(logits)
        court = p**2 * (1 - targets) * functional.logsigmoid(-logits)
        return -(ball + court).sum()


@frozen
class Focal:
    """CenterNet's penalty-reduced focal loss (Zhou et al., 2019, eq. 1), over the number of balls.

    Pixels at a peak (the nearest pixel to each ball) are positives: ``(1 - p)^α log p``; all
    others are negatives, spared near a ball: ``(1 - t)^β p^α log(1 - p)``.
    """

    alpha: float
    beta: float

    def total(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Sum it over all pixels."""
        logits = logits.float()
        p = torch.sigmoid(logits)
        highest = targets.amax((-2, -1), keepdim=True)
        positive = (targets == highest) & (highest > 0)
        hit = (1 - p) ** self.alpha * functional.logsigmoid(logits)
        miss = (1 - targets) ** self.beta * p**self.alpha * functional.logsigmoid(-logits)
        return -torch.where(positive, hit, miss).sum()

    def items(self, ball: Tensor, heatmap_size: tuple[int, int]) -> float:  # noqa: ARG002 - the protocol's
        """Count the balls, at least one."""
        return float(max(1, int(ball.sum())))


def build_loss(config: LossConfig) -> HeatmapLoss:
    """Make the loss that ``training.loss`` names."""
    if config.name == "focal":
        return Focal(config.alpha, config.beta)
    return SquaredError() if config.name == "mse" else WeightedCrossEntropy()
