"""Convolution blocks of the decoder and the detail stem."""

import math

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
