"""A backbone so small that a kit builds it for every test: attention, an MLP, a patch embedding."""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from tracknet_core.descriptors import IMAGENET_MEAN, IMAGENET_STD

WIDTH = 64
"""Features of a token: those of one block of 4-bit weights."""

PATCH = 8


class TinyBlock(nn.Module):
    """A transformer block with the layer names of a ViT."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH)
        self.attention = nn.ModuleDict(
            {name: nn.Linear(WIDTH, WIDTH) for name in ("q_proj", "k_proj", "v_proj", "o_proj")}
        )
        self.norm2 = nn.LayerNorm(WIDTH)
        self.mlp = nn.ModuleDict(
            {"up_proj": nn.Linear(WIDTH, 2 * WIDTH), "down_proj": nn.Linear(2 * WIDTH, WIDTH)}
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Map ``[B, N, C]`` to the same shape."""
        normed, attention = self.norm1(tokens), self.attention
        mixed = functional.scaled_dot_product_attention(
            attention["q_proj"](normed), attention["k_proj"](normed), attention["v_proj"](normed)
        )
        tokens = tokens + attention["o_proj"](mixed)
        hidden = functional.gelu(self.mlp["up_proj"](self.norm2(tokens)))
        moved: Tensor = tokens + self.mlp["down_proj"](hidden)
        return moved


class TinyNetwork(nn.Module):
    """The pretrained part: a patch embedding and twelve blocks, so that ``layer.1`` is not ``layer.11``."""

    def __init__(self, frames: int) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3 * frames, WIDTH, PATCH, stride=PATCH)
        self.layer = nn.ModuleList(TinyBlock() for _ in range(12))

    def forward(self, pixels: Tensor) -> Tensor:
        """Map ``[B, 3T, H, W]`` to ``[B, C, H / 8, W / 8]``."""
        maps: Tensor = self.patches(pixels)
        tokens = maps.flatten(2).transpose(1, 2)
        for block in self.layer:
            tokens = block(tokens)
        return tokens.transpose(1, 2).view_as(maps)


class TinyBackbone(nn.Module):
    """A backbone module as ``BackboneModule`` describes it, with random weights.

    Args:
        frames: Frames in a window; for more than one the patch embedding counts as inflated.
        seed: Decides the weights.
    """

    pretrained_module = "network"
    channels = (WIDTH,)
    strides = (PATCH,)
    lora_targets = ("q_proj", "k_proj", "v_proj", "o_proj")
    never_quantize = ("patches", "layer.1")
    weights_files: tuple[Path, ...] = ()
    mean = IMAGENET_MEAN
    std = IMAGENET_STD

    def __init__(self, frames: int = 1, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network: nn.Module = TinyNetwork(frames)
        self.inflated_layers = ("patches",) if frames > 1 else ()

    def forward(self, frames: Tensor) -> tuple[Tensor]:
        """Map normalized frames ``[B, T, 3, H, W]`` to one map."""
        maps: Tensor = self.network(frames.flatten(1, 2))
        return (maps,)


def tiny_frames(frames: int = 1, batch: int = 2) -> Tensor:
    """Random normalized frames ``[batch, frames, 3, 32, 48]``, the same at each call."""
    return torch.randn(batch, frames, 3, 32, 48, generator=torch.Generator().manual_seed(1))
