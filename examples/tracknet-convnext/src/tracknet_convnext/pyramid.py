"""The feature pyramid (Lin et al., 2017, "Feature Pyramid Networks for Object Detection")."""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional


class FeaturePyramid(nn.Module):
    """Give every map the same channels, and the finer ones what the coarser ones know.

    The maps of a ConvNeXt's stages are not normalized and differ in scale, so each lateral
    projection is.

    Args:
        inside: Channels of each map, finest first.
        outside: Channels of every map that comes out.
    """

    def __init__(self, inside: Sequence[int], outside: int) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(
            nn.Sequential(nn.Conv2d(channels, outside, 1, bias=False), nn.GroupNorm(1, outside))
            for channels in inside
        )
        self.smooth = nn.ModuleList(nn.Conv2d(outside, outside, 3, padding=1) for _ in inside)

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Map ``[B, C_i, H_i, W_i]``, finest first, to ``[B, C, H_i, W_i]``."""
        merged = [lateral(one) for lateral, one in zip(self.laterals, maps, strict=True)]
        for i in reversed(range(len(merged) - 1)):
            above = functional.interpolate(merged[i + 1], merged[i].shape[-2:], mode="nearest")
            merged[i] = merged[i] + above
        return [smooth(one) for smooth, one in zip(self.smooth, merged, strict=True)]
