"""The TrackNet plugin: registers ``vit_heatmap``."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tracknet_core import hookimpl
from tracknet_core.descriptors import Backbone, BackboneRequest
from tracknet_vit.bases import CHECKPOINTS
from tracknet_vit.check import check, outline
from tracknet_vit.config import ViTConfig

if TYPE_CHECKING:
    from torch import nn


def _build(request: BackboneRequest[ViTConfig]) -> "nn.Module":
    from tracknet_vit.backbone import build

    return build(request)


@hookimpl
def tracknet_register_backbones() -> Iterable[Backbone[Any]]:
    """Register the ViT family."""
    return [
        Backbone(
            name="vit_heatmap",
            config=ViTConfig,
            build=_build,
            check=check,
            outline=outline,
            passes_load_options=True,
            checkpoints=CHECKPOINTS,
        )
    ]
