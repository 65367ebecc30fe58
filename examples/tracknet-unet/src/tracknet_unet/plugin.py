"""The TrackNet plugin: registers ``unet_heatmap``. It loads no torch; ``network`` does."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from attrs import frozen

from tracknet_core import hookimpl
from tracknet_core.config.options import option
from tracknet_core.descriptors import Backbone, BackboneOutline, BackboneRequest
from tracknet_unet.architecture import STRIDES, layers, level_channels

if TYPE_CHECKING:
    from torch import nn


@frozen(kw_only=True)
class UNetConfig:
    """The ``backbone:`` section when ``model_name`` is ``unet_heatmap``."""

    freeze: bool = option(False, "Keep the weights as they are; only the decoder trains.")
    width: int = option(32, "Channels of the finest map; each coarser one has twice as many.", at_least=1)


def _outline(request: BackboneRequest[UNetConfig]) -> BackboneOutline:
    width = request.config.width
    return BackboneOutline(
        channels=level_channels(width),
        strides=STRIDES,
        layers=tuple(layers(width, request.frames)),
        recomputes=False,
    )


def _build(request: BackboneRequest[UNetConfig]) -> "nn.Module":
    from tracknet_unet.network import UNetBackbone

    return UNetBackbone(width=request.config.width, frames=request.frames)


@hookimpl
def tracknet_register_backbones() -> Iterable[Backbone[Any]]:
    """Register the encoder."""
    return [Backbone(name="unet_heatmap", config=UNetConfig, build=_build, outline=_outline)]
