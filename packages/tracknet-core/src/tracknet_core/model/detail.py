"""The detail path: a small convolutional pyramid over the raw frames, beside the backbone."""

import torch
from torch import Tensor, nn

from tracknet_core.config.schema import DecoderConfig
from tracknet_core.model.blocks import activation, normalization

MOTION_GAIN = 4.0
"""Amplifies what moves to the size of what stands: a ball differs from the mean by a part of its contrast."""


class DetailStem(nn.Module):
    """Convolutions over raw frames and what moves in them, from half the input's resolution down.

    A ViT's 16-pixel patches alone cannot place a 5-pixel ball; this path keeps the pixels it
    needs. Beside the T frames it sees how each differs from the mean of its window, in which a
    ball stands out from the first step of training. The first kernel is even, so that each output
    cell is centred on the 2×2 input pixels it stands for. ``decoder.detail_motion: false`` leaves the
    differences out, and so do single frames, which have none.

    Each of ``decoder.detail_levels`` levels halves the resolution of the one before and doubles
    its channels. The finest places the ball; the coarser ones see what is around it, which tells a
    ball from a shoe.

    Attributes:
        channels: Of each level's map, finest first.
        strides: Input pixels per cell of each level's map.
    """

    def __init__(self, config: DecoderConfig, frames: int) -> None:
        super().__init__()
        self.channels = tuple(config.detail_channels * 2**level for level in range(config.detail_levels))
        self.strides = tuple(2 ** (level + 1) for level in range(config.detail_levels))
        self.motion = config.detail_motion and frames > 1
        self.convolutions = nn.Sequential(
            *_halving(config, 3 * frames * (2 if self.motion else 1), self.channels[0]),
            *_keeping(config, self.channels[0]),
        )
        self.coarser = nn.ModuleList(
            nn.Sequential(
                *_halving(config, channels // 2, channels),
                *_keeping(config, channels),
            )
            for channels in self.channels[1:]
        )

    def forward(self, frames: Tensor) -> list[Tensor]:
        """Map normalized frames ``[B, T, 3, H, W]`` to ``[B, C_i, H/s_i, W/s_i]``, finest first."""
        pixels = frames
        if self.motion:
            motion = MOTION_GAIN * (frames - frames.mean(1, keepdim=True))
            pixels = torch.cat((frames, motion), dim=1)
        stacked = pixels.flatten(1, 2).contiguous(memory_format=torch.channels_last)
        maps: list[Tensor] = [self.convolutions(stacked)]
        for level in self.coarser:
            maps.append(level(maps[-1]))
        return maps


def _halving(config: DecoderConfig, inside: int, outside: int) -> list[nn.Module]:
    convolution = nn.Conv2d(inside, outside, 4, stride=2, padding=1, bias=False)
    return [convolution, normalization(config, outside), activation(config)]


def _keeping(config: DecoderConfig, channels: int) -> list[nn.Module]:
    convolution = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
    return [convolution, normalization(config, channels), activation(config)]
