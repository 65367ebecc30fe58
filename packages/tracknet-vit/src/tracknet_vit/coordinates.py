"""DINOv3's patch coordinates, kept out of the cache that transformers has for the whole process."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from torch import Tensor

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def forget_coordinates(model: "PreTrainedModel") -> None:
    """Have a model compute the coordinates of its patches in each forward.

    transformers remembers them by the size of the grid and the device. A model of fake tensors would
    find real ones there, or those of another fake mode, and leave fake ones for real models to find.
    """
    from transformers.models.dinov3_vit.modeling_dinov3_vit import DINOv3ViTRopePositionEmbedding

    for module in model.modules():
        if isinstance(module, DINOv3ViTRopePositionEmbedding):
            module.forward = partial(_without_cache, module.forward)  # type: ignore[method-assign]


def _without_cache(forward: Callable[[Tensor], Any], pixels: Tensor) -> Any:
    from transformers.models.dinov3_vit import modeling_dinov3_vit as dinov3

    cached = dinov3.get_patches_center_coordinates
    dinov3.get_patches_center_coordinates = cached.__wrapped__
    try:
        return forward(pixels)
    finally:
        dinov3.get_patches_center_coordinates = cached
