"""Convolution blocks of the decoder and the detail stem."""

import math

import torch
from torch import Tensor, nn

from tracknet_core.config.schema import DecoderConfig


def normalization(config: DecoderConfig, channels: int) -> nn.Module:
    """GroupNorm over at most 8 groups, or BatchNorm, as ``decoder.norm`` says."""
    if config.norm == "bn":
        return nn.BatchNorm2d(channels)
    return nn.GroupNorm(math.gcd(8, channels), channels)


def activation(config: DecoderConfig) -> nn.Module:
    """GELU or ReLU, as ``decoder.activation`` says."""
    return nn.ReLU(inplace=True) if config.activation == "relu" else nn.GELU()


class SqueezeExcitation(nn.Module):
    """Channel attention (Hu et al., 2018, eq. 3): rescale channels by a gate over their means."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        hidden = max(1, channels // reduction)
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, hidden, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(hidden, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Map ``[B, C, H, W]`` to the same shape."""
        gated: Tensor = maps * self.gate(maps)
        return gated


class ConvBlock(nn.Sequential):
    """3×3 convolution (depthwise-separable if so configured), norm, activation, optional SE.

    Maps ``[B, C, H, W]`` to the same shape.
    """

    def __init__(self, config: DecoderConfig, channels: int) -> None:
        layers: list[nn.Module] = []
        if config.use_depthwise:
            layers += [
                nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
                nn.Conv2d(channels, channels, 1, bias=False),
            ]
        else:
            layers += [nn.Conv2d(channels, channels, 3, padding=1, bias=False)]
        layers += [normalization(config, channels), activation(config)]
        if config.use_se:
            layers += [SqueezeExcitation(channels, config.se_reduction)]
        super().__init__(*layers)


MOTION_GAIN = 4.0
"""Amplifies what moves to the size of what stands: a ball differs from the mean by a part of its contrast."""


class DetailStem(nn.Module):
    """Two convolutions over raw frames and what moves in them, at half the input's resolution.

    A ViT's 16-pixel patches alone cannot place a 5-pixel ball; this path keeps the pixels it
    needs. Beside the T frames it sees how each differs from the mean of its window, in which a
    ball stands out from the first step of training. The first kernel is even, so that each output
    cell is centred on the 2×2 input pixels it stands for. ``decoder.detail_motion: false`` leaves the
    differences out, and so do single frames, which have none.
    """

    stride = 2

    def __init__(self, config: DecoderConfig, frames: int) -> None:
        super().__init__()
        channels = config.detail_channels
        self.motion = config.detail_motion and frames > 1
        self.convolutions = nn.Sequential(
            nn.Conv2d(3 * frames * (2 if self.motion else 1), channels, 4, stride=2, padding=1, bias=False),
            normalization(config, channels),
            activation(config),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            normalization(config, channels),
            activation(config),
        )

    def forward(self, frames: Tensor) -> Tensor:
        """Map normalized frames ``[B, T, 3, H, W]`` to ``[B, C, H/2, W/2]``."""
        pixels = frames
        if self.motion:
            motion = MOTION_GAIN * (frames - frames.mean(1, keepdim=True))
            pixels = torch.cat((frames, motion), dim=1)
        stacked = pixels.flatten(1, 2).contiguous(memory_format=torch.channels_last)
        maps: Tensor = self.convolutions(stacked)
        return maps
