"""The TrackNet plugin: registers ``convnext_fpn_heatmap``. It loads no torch; ``backbone`` does."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tracknet_convnext.check import check, outline
from tracknet_convnext.config import ConvNextConfig
from tracknet_core import hookimpl
from tracknet_core.descriptors import Backbone, BackboneRequest

if TYPE_CHECKING:
    from torch import nn


def _build(request: BackboneRequest[ConvNextConfig]) -> "nn.Module":
    from tracknet_convnext.backbone import build

    return build(request)


@hookimpl
def tracknet_register_backbones() -> Iterable[Backbone[Any]]:
    """Register the ConvNeXt family."""
    return [
        Backbone(
            name="convnext_fpn_heatmap",
            config=ConvNextConfig,
            build=_build,
            check=check,
            outline=outline,
            sections=("fpn",),
            passes_load_options=True,
        )
    ]
