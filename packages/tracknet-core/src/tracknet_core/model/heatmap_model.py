"""The assembled network: uint8 frames in, heatmap logits out."""

from typing import Literal, Self, cast

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from tracknet_core.descriptors import BackboneModule
from tracknet_core.model.decoder import Decoder
from tracknet_core.model.detail import DetailStem

Group = Literal["new", "adapter", "backbone"]

RECOMPUTED_TOGETHER = 2
"""Windows whose decoder activations are computed again at once, and so are in memory together."""


class HeatmapModel(nn.Module):
    """Backbone, decoder and detail stem behind one normalization.

    Args:
        backbone: The module that a backbone plugin built (see ``BackboneModule``).
        decoder: Turns its maps, and the stem's, into heatmaps.
        stem: The detail path over raw frames, or None.
        frames: Frames in a window, T.
        input_size: Width and height of the frames, in pixels.
        heatmap_size: Width and height of the heatmaps.
        normalize: Whether frames are normalized with the backbone's mean and standard deviation.

    Attributes:
        recomputes: Whether the activations of decoder and stem are computed again in the backward
            pass instead of kept, a few windows at a time. Their maps are large and cheap to
            compute: over a small backbone most of training's memory is theirs.
    """

    pixel_scale: Tensor
    pixel_offset: Tensor

    def __init__(
        self,
        *,
        backbone: nn.Module,
        decoder: Decoder,
        stem: DetailStem | None,
        frames: int,
        input_size: tuple[int, int],
        heatmap_size: tuple[int, int],
        normalize: bool = True,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.decoder = decoder
        self.stem = stem
        self.frames = frames
        self.input_size = input_size
        self.heatmap_size = heatmap_size
        self.adapted = False
        self.quantized = False
        self.recomputes = False
        self._kept_in_eval: tuple[nn.Module, ...] = ()
        self._unfrozen_names = {name for name, p in self.pretrained.named_parameters() if p.requires_grad}
        mean = torch.tensor(self.description.mean if normalize else (0.0, 0.0, 0.0))
        std = torch.tensor(self.description.std if normalize else (1.0, 1.0, 1.0))
        for convolutions in (decoder, stem):
            if convolutions is not None:
                convolutions.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.register_buffer("pixel_scale", (1 / (255 * std)).view(3, 1, 1), persistent=False)
        self.register_buffer("pixel_offset", (-mean / std).view(3, 1, 1), persistent=False)

    @property
    def description(self) -> BackboneModule:
        """The backbone, seen through the attributes that every backbone has."""
        return cast(BackboneModule, self.backbone)

    @property
    def pretrained(self) -> nn.Module:
        """The part of the backbone that adapters and quantizers act on."""
        return self.backbone.get_submodule(self.description.pretrained_module)

    @property
    def pretrained_prefix(self) -> str:
        """What the names of all its parameters begin with."""
        return f"backbone.{self.description.pretrained_module}."

    def replace_pretrained(self, module: nn.Module) -> None:
        """Put another module in its place; a property cannot, as ``nn.Module`` would add a child."""
        self.backbone.set_submodule(self.description.pretrained_module, module)

    def forward(self, frames: Tensor) -> Tensor:
        """Map uint8 ``[B, T, 3, H, W]`` to logits ``[B, T, Hh, Wh]``, one heatmap for every frame."""
        pixels = self._normalized(frames)
        with torch.set_grad_enabled(torch.is_grad_enabled() and self._backbone_has_gradients()):
            maps = self.description(pixels)
        if not (self.recomputes and torch.is_grad_enabled()):
            return self._decoded(pixels, *maps)
        parts = zip(*(torch.split(each, RECOMPUTED_TOGETHER) for each in (frames, *maps)), strict=True)
        return torch.cat([checkpoint(self._decoded_frames, *part, use_reentrant=False) for part in parts])

    def _normalized(self, frames: Tensor) -> Tensor:
        return frames.to(self.pixel_scale.dtype) * self.pixel_scale + self.pixel_offset

    def _decoded(self, pixels: Tensor, *maps: Tensor) -> Tensor:
        laterals = [] if self.stem is None else self.stem(pixels)
        logits: Tensor = self.decoder([*laterals, *maps])
        return logits

    def _decoded_frames(self, frames: Tensor, *maps: Tensor) -> Tensor:
        """Decode from bytes, which take a quarter of the memory that normalized pixels do."""
        return self._decoded(self._normalized(frames), *maps)

    def train(self, mode: bool = True) -> Self:
        """Set training mode; what is frozen stays in eval, so that it computes what it always did."""
        super().train(mode)
        for module in self._kept_in_eval:
            module.training = False
        return self

    def compile_parts(self) -> None:
        """Have torch.compile make faster kernels of each part at its first forward; nothing else changes."""
        for part in (self.backbone, self.decoder, self.stem):
            if part is not None:
                part.compile()

    def freeze_backbone(self) -> None:
        """Stop training the pretrained weights and keep their modules in eval."""
        self.pretrained.requires_grad_(False)
        self.keep_in_eval(tuple(self.pretrained.modules()))

    def unfreeze_backbone(self) -> None:
        """Train the pretrained weights, as they were when the backbone was built.

        Raises:
            RuntimeError: An adapter or a quantizer holds the base; its weights never train.
        """
        if self.adapted or self.quantized:
            raise RuntimeError("the base weights of an adapted or quantized backbone never train")
        for name, parameter in self.pretrained.named_parameters():
            parameter.requires_grad_(name in self._unfrozen_names)
        self.keep_in_eval(())

    def keep_in_eval(self, modules: tuple[nn.Module, ...]) -> None:
        """Keep these modules in eval mode from now on, whatever ``train`` says."""
        self._kept_in_eval = modules
        self.train(self.training)

    @property
    def backbone_trains(self) -> bool:
        """Whether the pretrained weights themselves train; an adapter around them does not count."""
        return not self._kept_in_eval

    def groups(self) -> dict[Group, list[tuple[str, nn.Parameter]]]:
        """Name all parameters that train: those in new parts, in the adapter, in the backbone."""
        prefix = self.pretrained_prefix
        inside: Group = "adapter" if self.adapted else "backbone"
        groups: dict[Group, list[tuple[str, nn.Parameter]]] = {"new": [], "adapter": [], "backbone": []}
        for name, parameter in self.named_parameters():
            if parameter.requires_grad:
                groups[inside if name.startswith(prefix) else "new"].append((name, parameter))
        return groups

    def _backbone_has_gradients(self) -> bool:
        return any(parameter.requires_grad for parameter in self.backbone.parameters())
