"""Which convolutions the encoder consists of; known without torch, for the outline and the network."""

from collections.abc import Iterator

from tracknet_core.descriptors import LayerOutline

STRIDES = (1, 2, 4, 8)
"""Input pixels per cell of each level's map."""

DEPTHS = (2, 2, 3, 3)
"""Convolutions in each level, as in VGG-16 and TrackNetV2."""


def level_channels(width: int) -> tuple[int, ...]:
    """Channels of each level, finest first: each has twice as many as the one before."""
    return tuple(width * stride for stride in STRIDES)


def convolutions(width: int, frames: int) -> list[list[tuple[int, int]]]:
    """Channels in and out of each convolution, level by level.

    Args:
        width: Channels of the finest level.
        frames: Frames in a window, which enter as ``3 * frames`` channels.
    """
    inside, levels = 3 * frames, []
    for outside, depth in zip(level_channels(width), DEPTHS, strict=True):
        levels.append([(inside, outside), *[(outside, outside)] * (depth - 1)])
        inside = outside
    return levels


def layers(width: int, frames: int) -> Iterator[LayerOutline]:
    """List the layers under the names that they have in :class:`tracknet_unet.network.Encoder`."""
    for i, level in enumerate(convolutions(width, frames)):
        for j, (inside, outside) in enumerate(level):
            yield LayerOutline(name=f"levels.{i}.{j}.conv", shape=(outside, inside, 3, 3))
            yield LayerOutline(name=f"levels.{i}.{j}.norm", shape=(outside,))
