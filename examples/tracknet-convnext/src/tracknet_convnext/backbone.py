"""ConvNeXt backbones: windows of frames in, the maps of up to four stages out."""

import json
import math
from pathlib import Path

from torch import Tensor, nn
from torch.nn import functional

from tracknet_convnext.architecture import STRIDES
from tracknet_convnext.check import map_channels
from tracknet_convnext.checkpoint import PREPROCESSOR
from tracknet_convnext.config import ConvNextConfig
from tracknet_convnext.inflate import inflate, recipe
from tracknet_convnext.loading import LoadedModel, load, quiet
from tracknet_convnext.pyramid import FeaturePyramid
from tracknet_core.descriptors import BackboneRequest


class ConvNextBackbone(nn.Module):
    """A transformers ConvNeXt and, outside of what is pretrained, a feature pyramid over its maps.

    Frames of a window enter together through the inflated stem. A picture whose sides are no
    multiple of 32 is first stretched to the next multiple, so that the coarsest map covers exactly
    the whole picture; finer maps are brought to ``ceil(side / stride)`` cells.

    Args:
        loaded: The model and where it came from; it is changed in place.
        config: Which maps are wanted, and the pyramid.
        frames: Frames in a window, T.
    """

    pretrained_module = "model"

    def __init__(self, loaded: LoadedModel, config: ConvNextConfig, frames: int) -> None:
        super().__init__()
        model, family = loaded.model, loaded.architecture.family
        self._stem = family.stem
        self._plain_stem = model.get_parameter(f"{family.stem}.weight").detach()
        inflate(model, family.stem, frames)
        self.model = model
        self.stages = config.return_stages
        widths = [loaded.architecture.hidden_sizes[stage - 1] for stage in self.stages]
        self.pyramid = FeaturePyramid(widths, config.fpn.out_channels) if config.fpn.enabled else None
        self.channels = map_channels(config, loaded.architecture)
        self.strides = tuple(STRIDES[stage - 1] for stage in self.stages)
        self.weights_files = loaded.weights_files
        self.mean = loaded.mean
        self.std = loaded.std
        self.never_quantize = (family.stem,)
        self.inflated_layers = (family.stem,) if frames > 1 else ()
        self.plain_recipe = recipe(model, family.stem, frames)
        last = self.stages[-1]
        self.lora_targets = tuple(f"stages.[0-{last - 1}].layers.*.{layer}" for layer in family.pointwise)
        for unused in (
            family.last_norm,
            *(f"{family.stages}.{stage}" for stage in range(last, len(STRIDES))),
        ):
            model.get_submodule(unused).requires_grad_(False)

    def forward(self, frames: Tensor) -> tuple[Tensor, ...]:
        """Map normalized frames ``[B, T, 3, H, W]`` to maps ``[B, C_i, ceil(H / s_i), ceil(W / s_i)]``."""
        pixels = frames.flatten(1, 2)
        size = pixels.shape[-2:]
        whole = _grid(size, STRIDES[-1], cell=STRIDES[-1])
        if size != whole:
            pixels = functional.interpolate(pixels, whole, mode="bilinear", align_corners=False)
        hidden = self.model(pixel_values=pixels, output_hidden_states=True).hidden_states
        maps = [hidden[stage] for stage in self.stages]  # before the first: pixels, or the stem's map
        if self.pyramid is not None:
            maps = self.pyramid(maps)
        return tuple(_fit(one, _grid(size, stride)) for one, stride in zip(maps, self.strides, strict=True))

    def save_base(self, directory: Path) -> None:
        """Write the weights with the stem as it was before inflation: a plain transformers checkpoint."""
        weights = {**self.model.state_dict(), f"{self._stem}.weight": self._plain_stem}
        with quiet():
            self.model.save_pretrained(directory, state_dict=weights)
        normalization = {"image_mean": list(self.mean), "image_std": list(self.std)}
        (directory / PREPROCESSOR).write_text(json.dumps(normalization), encoding="utf-8")


def build(request: BackboneRequest[ConvNextConfig]) -> ConvNextBackbone:
    """Load the model and make it a backbone for windows of ``request.frames`` frames.

    Raises:
        UserError: The weights are missing or damaged, or not those of a ConvNeXt.
    """
    return ConvNextBackbone(load(request), request.config, request.frames)


def _grid(size: tuple[int, ...], stride: int, *, cell: int = 1) -> tuple[int, int]:
    """Cells of a stride that cover (height, width), or the sides of so many larger cells."""
    height, width = (math.ceil(side / stride) * cell for side in size)
    return height, width


def _fit(maps: Tensor, size: tuple[int, int]) -> Tensor:
    return maps if maps.shape[-2:] == size else functional.interpolate(maps, size, mode="area")
