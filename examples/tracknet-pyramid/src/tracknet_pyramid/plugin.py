"""The TrackNet plugin: registers ``conv_pyramid``. It loads no torch; ``network`` does."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from attrs import frozen

from tracknet_core import hookimpl
from tracknet_core.config.options import option
from tracknet_core.descriptors import Backbone, BackboneOutline, BackboneRequest

if TYPE_CHECKING:
    from torch import nn

STRIDES = (4, 8, 16)


@frozen(kw_only=True)
class PyramidConfig:
    """The ``backbone:`` section when ``model_name`` is ``conv_pyramid``."""

    freeze: bool = option(False, "Keep the weights as they are; only the decoder trains.")
    width: int = option(32, "Channels of the finest map; each coarser one has twice as many.", at_least=1)


def _channels(config: PyramidConfig) -> tuple[int, ...]:
    return tuple(config.width * 2**level for level in range(len(STRIDES)))


def _outline(request: BackboneRequest[PyramidConfig]) -> BackboneOutline:
    return BackboneOutline(channels=_channels(request.config), strides=STRIDES)


def _build(request: BackboneRequest[PyramidConfig]) -> "nn.Module":
    from tracknet_pyramid.network import Pyramid

    return Pyramid(channels=_channels(request.config), strides=STRIDES, frames=request.frames)


@hookimpl
def tracknet_register_backbones() -> Iterable[Backbone[Any]]:
    """Register the pyramid."""
    return [Backbone(name="conv_pyramid", config=PyramidConfig, build=_build, outline=_outline)]
