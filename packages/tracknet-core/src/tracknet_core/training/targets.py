"""What a batch of windows is to become."""

from torch import Tensor

from tracknet_core.model.heatmap_model import HeatmapModel
from tracknet_core.model.targets import render_heatmaps


def batch_targets(model: HeatmapModel, xy: Tensor, ball: Tensor, *, sigma: float) -> Tensor:
    """Render the heatmaps that the model should answer with.

    Args:
        model: Knows the sizes of input and heatmap.
        xy: Ball centres ``[B, T, 2]`` in continuous input pixels; nan where there is none.
        ball: Whether there is one, bool ``[B, T]``.
        sigma: Of the Gaussian, in heatmap pixels.

    Returns:
        float32 ``[B, T, Hh, Wh]``.
    """
    scale = [part / whole for part, whole in zip(model.heatmap_size, model.input_size, strict=True)]
    return render_heatmaps(xy * xy.new_tensor(scale), ball, model.heatmap_size, sigma)
