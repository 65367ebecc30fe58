"""What one forward learns from: the loss of a micro-batch."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from torch import Tensor

from tracknet_core.model.heatmap_model import HeatmapModel
from tracknet_core.model.losses import HeatmapLoss
from tracknet_core.training.targets import batch_targets


def total_loss(
    forward: Callable[[Tensor], Tensor],
    batch: Mapping[str, Tensor],
    *,
    model: HeatmapModel,
    loss: HeatmapLoss,
    sigma: float,
    autocast: AbstractContextManager[object],
) -> Tensor:
    """Sum the loss over all pixels of a micro-batch; divide it by ``loss.items`` of the whole batch.

    Args:
        forward: The model, however it is wrapped.
        batch: ``frames`` uint8 ``[B, T, 3, H, W]``, ``xy`` ``[B, T, 2]`` in input pixels and ``ball``
            bool ``[B, T]``, all on the model's device; targets are rendered there.
        model: Knows the sizes of input and heatmap.
        loss: What to sum.
        sigma: Of the targets' Gaussian, in heatmap pixels.
        autocast: Arithmetic of the forward.
    """
    with autocast:
        logits = forward(batch["frames"])
    targets = batch_targets(model, batch["xy"], batch["ball"], sigma=sigma)
    return loss.total(logits, targets)
