"""The top-down path from a backbone's maps to heatmap logits."""

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from operator import mul

from torch import Tensor, nn
from torch.nn import functional

from tracknet_core.config.problems import UserError
from tracknet_core.config.schema import DecoderConfig
from tracknet_core.model.blocks import ConvBlock

BALL_PRIOR = 0.1
"""Score that an untrained head gives to every pixel (Lin et al., 2017, section 4.1)."""


def resolve_channels(config: DecoderConfig, backbone_channels: int) -> tuple[int, ...]:
    """Channels before the first and after each stage; ``null`` halves from the backbone's.

    Raises:
        UserError: The list does not fit the backbone or the number of stages.
    """
    if config.channels is None:
        halves = [backbone_channels // 2**stage for stage in range(1, len(config.upsample) + 1)]
        return (backbone_channels, *(max(16, half - half % 8) for half in halves))
    if len(config.channels) != len(config.upsample) + 1:
        raise UserError(
            f"decoder.channels: {len(config.channels)} entries for {len(config.upsample)} upsampling stages. "
            f"Give {len(config.upsample) + 1}: one before the first stage and one after each."
        )
    if config.channels[0] != backbone_channels:
        raise UserError(
            f"decoder.channels: starts with {config.channels[0]}, but the backbone's coarsest map has "
            f"{backbone_channels} channels. Start with {backbone_channels}, or set channels: null."
        )
    return config.channels


def resample(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Bring ``[B, C, H, W]`` to (height, width): averaged when shrinking, bilinear when growing."""
    if maps.shape[-2:] == size:
        return maps
    if maps.shape[-2] >= size[0] and maps.shape[-1] >= size[1]:
        return functional.interpolate(maps, size, mode="area")
    return functional.interpolate(maps, size, mode="bilinear", align_corners=False)


class Stage(nn.Module):
    """One upsampling step: reduce channels, enlarge, add what lies at this scale, convolve.

    Channels are reduced before the map is enlarged: both steps are linear, and the other order
    costs ``factor**2`` times as much.
    """

    def __init__(self, config: DecoderConfig, inside: int, outside: int, laterals: Sequence[int]) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(inside, outside, 1)
        self.laterals = nn.ModuleList(nn.Conv2d(channels, outside, 1) for channels in laterals)
        self.blocks = nn.Sequential(*(ConvBlock(config, outside) for _ in range(config.blocks_per_stage)))

    def forward(self, maps: Tensor, laterals: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
        """Map ``[B, C_in, h, w]`` to ``[B, C_out, *size]``."""
        maps = resample(self.reduce(maps), size)
        for project, lateral in zip(self.laterals, laterals, strict=True):
            maps = maps + project(resample(lateral, size))
        merged: Tensor = self.blocks(maps)
        return merged


class Decoder(nn.Module):
    """Feature maps of any strides in, one heatmap a frame out.

    It starts from the coarsest map and enlarges it stage by stage. Every finer map joins at the
    stage whose grid is nearest to its own, resampled where it does not divide evenly.

    Args:
        config: The ``decoder`` section.
        channels: Channels of each map, finest first; the coarsest is last.
        strides: Input pixels per cell of each map, in the same order.
        frames: Heatmaps to put out, T.
    """

    def __init__(
        self, config: DecoderConfig, *, channels: Sequence[int], strides: Sequence[int], frames: int
    ) -> None:
        super().__init__()
        self.upsample = config.upsample
        widths = resolve_channels(config, channels[-1])
        scales = list(accumulate(config.upsample, mul))
        stage_of = [_nearest([strides[-1] / scale for scale in scales], stride) for stride in strides[:-1]]
        self.lateral_of = [[i for i, stage in enumerate(stage_of) if stage == s] for s in range(len(scales))]
        self.stages = nn.ModuleList(
            Stage(config, inside, outside, [channels[i] for i in laterals])
            for (inside, outside), laterals in zip(pairwise(widths), self.lateral_of, strict=True)
        )
        self.dropout = nn.Dropout2d(config.dropout)
        self.head = nn.Conv2d(widths[-1], frames, 1)
        nn.init.constant_(self.head.bias, math.log(BALL_PRIOR / (1 - BALL_PRIOR)))  # type: ignore[arg-type]

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Map ``[B, C_i, H_i, W_i]``, finest first, to logits ``[B, T, Hh, Wh]``."""
        merged = maps[-1]
        height, width = merged.shape[-2:]
        for stage, factor, laterals in zip(self.stages, self.upsample, self.lateral_of, strict=True):
            height, width = height * factor, width * factor
            merged = stage(merged, [maps[i] for i in laterals], (height, width))
        logits: Tensor = self.head(self.dropout(merged))
        return logits


def _nearest(stage_strides: Sequence[float], stride: int) -> int:
    return min(range(len(stage_strides)), key=lambda s: abs(math.log2(stage_strides[s] / stride)))
