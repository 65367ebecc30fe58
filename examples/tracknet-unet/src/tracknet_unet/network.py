"""The network itself."""

from pathlib import Path

from torch import Tensor, nn
from torch.nn import functional

from tracknet_core.descriptors import IMAGENET_MEAN, IMAGENET_STD
from tracknet_unet.architecture import STRIDES, convolutions, level_channels


class UNetBackbone(nn.Module):
    """The contracting half of TrackNetV2's U-Net; core's decoder is the expanding half.

    Sun et al., 2020, "TrackNetV2: Efficient Shuttlecock Tracking Network", section III. It differs
    in its normalization, which does not depend on the batch.

    Args:
        width: Channels of the finest map; 64 in the paper.
        frames: Frames in a window, which enter together as channels.
    """

    pretrained_module = "encoder"
    lora_targets = ("conv",)
    never_quantize = ()
    strides = STRIDES
    weights_files: tuple[Path, ...] = ()
    mean = IMAGENET_MEAN
    std = IMAGENET_STD

    def __init__(self, *, width: int, frames: int) -> None:
        super().__init__()
        self.channels = level_channels(width)
        self.encoder = Encoder(convolutions(width, frames))

    def forward(self, frames: Tensor) -> tuple[Tensor, ...]:
        """Map normalized frames ``[B, T, 3, H, W]`` to maps ``[B, C_i, ceil(H / s_i), ceil(W / s_i)]``."""
        maps: tuple[Tensor, ...] = self.encoder(frames.flatten(1, 2))
        return maps


class Encoder(nn.Module):
    """Levels of convolutions with a pooling between each and the next.

    Args:
        convolutions: Channels in and out of each convolution, level by level.
    """

    def __init__(self, convolutions: list[list[tuple[int, int]]]) -> None:
        super().__init__()
        self.levels = nn.ModuleList(
            nn.Sequential(*(Block(inside, outside) for inside, outside in level)) for level in convolutions
        )

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """Map ``[B, 3T, H, W]`` to one map a level, finest first."""
        maps = [self.levels[0](pixels)]
        for level in self.levels[1:]:
            pooled = functional.max_pool2d(maps[-1], 2, ceil_mode=True)  # rounds up, as grids do here
            maps.append(level(pooled))
        return tuple(maps)


class Block(nn.Module):
    """Convolve, normalize, activate."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, 3, padding=1, bias=False)
        self.norm = nn.GroupNorm(1, outside)

    def forward(self, maps: Tensor) -> Tensor:
        """Map ``[B, C_in, H, W]`` to ``[B, C_out, H, W]``."""
        return functional.relu(self.norm(self.conv(maps)))
