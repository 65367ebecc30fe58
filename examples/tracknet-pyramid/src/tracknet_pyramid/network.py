"""The network itself."""

from itertools import pairwise
from pathlib import Path

from torch import Tensor, nn

from tracknet_core.descriptors import IMAGENET_MEAN, IMAGENET_STD


class Pyramid(nn.Module):
    """Strided convolutions that give one map at each stride.

    Args:
        channels: Channels of each map, finest first.
        strides: Input pixels per cell of each map; each twice the one before.
        frames: Frames in a window, which enter together as channels.
    """

    pretrained_module = "levels"
    lora_targets = ()
    never_quantize = ()
    weights_files: tuple[Path, ...] = ()
    mean = IMAGENET_MEAN
    std = IMAGENET_STD

    def __init__(self, *, channels: tuple[int, ...], strides: tuple[int, ...], frames: int) -> None:
        super().__init__()
        self.channels = channels
        self.strides = strides
        first = nn.Sequential(_halve(3 * frames, channels[0]), _halve(channels[0], channels[0]))
        self.levels = nn.ModuleList(
            [first, *(_halve(inside, outside) for inside, outside in pairwise(channels))]
        )

    def forward(self, frames: Tensor) -> tuple[Tensor, ...]:
        """Map normalized frames ``[B, T, 3, H, W]`` to maps ``[B, C_i, ceil(H / s_i), ceil(W / s_i)]``."""
        features = frames.flatten(1, 2)
        maps = []
        for level in self.levels:
            features = level(features)
            maps.append(features)
        return tuple(maps)


def _halve(inside: int, outside: int) -> nn.Sequential:
    """Halve both sides (rounding up), normalize, activate."""
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride=2, padding=1, bias=False), nn.GroupNorm(1, outside), nn.GELU()
    )
