"""The heatmaps that the model learns."""

import torch
from torch import Tensor


def render_heatmaps(xy: Tensor, ball: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """Draw a Gaussian with peak 1 around each ball.

    Args:
        xy: Ball centres ``[..., 2]`` in continuous heatmap pixels (the first pixel's centre is
            0.5). Where there is no ball the values do not matter and may be nan.
        ball: Whether there is one, bool ``[...]``; False gives an all-zero map.
        size: Width and height of the heatmap.
        sigma: Standard deviation in heatmap pixels.

    Returns:
        float32 ``[..., height, width]`` on the device of ``xy``: ``exp(-d² / 2σ²)``.
    """
    width, height = size
    columns = torch.arange(width, device=xy.device, dtype=torch.float32) + 0.5
    rows = torch.arange(height, device=xy.device, dtype=torch.float32) + 0.5
    x, y = xy.float().unbind(-1)
    across = torch.exp(-((columns - x[..., None]) ** 2) / (2 * sigma**2))
    down = torch.exp(-((rows - y[..., None]) ** 2) / (2 * sigma**2))
    heatmaps = down[..., :, None] * across[..., None, :]
    return torch.where(ball[..., None, None], heatmaps, torch.zeros((), device=xy.device))
