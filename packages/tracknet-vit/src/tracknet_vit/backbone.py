"""ViT-family backbones: windows of frames in, one map of patch tokens out."""

import inspect
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from attrs import frozen
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from tracknet_core.config.problems import UserError
from tracknet_core.descriptors import BackboneRequest
from tracknet_vit.checkpoint import PREPROCESSOR, WEIGHTS
from tracknet_vit.config import ViTConfig
from tracknet_vit.inflate import find_patch_embedding, inflate, recipe
from tracknet_vit.loading import LoadedModel, load

if TYPE_CHECKING:
    from transformers import PreTrainedModel

ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj", "out_proj")
"""Names of the attention projections in transformers' vision models."""


class ViTBackbone(nn.Module):
    """A transformers vision transformer whose patch tokens form one feature map.

    Frames of a window enter together through the inflated patch embedding, so that a window
    costs one forward. Class and register tokens are dropped. A picture whose sides are no
    multiple of the patch is first stretched to the next multiple, so that the grid of
    ``ceil(side / patch)`` tokens covers exactly the whole picture.

    Args:
        model: The transformers model, its patch embedding inflated to ``3 * frames`` channels.
        patch_size: Pixels on a side of a patch.
        channels: Width of a token.
        prefix_tokens: Tokens before the patch tokens.
        weights_files, mean, std: As in ``BackboneModule``.
        plain_patches: Weight of the patch embedding before it was inflated.
        frames: Frames in a window, T.
    """

    pretrained_module = "model"

    def __init__(
        self,
        model: "PreTrainedModel",
        *,
        patch_size: int,
        channels: int,
        prefix_tokens: int,
        weights_files: tuple[Path, ...],
        mean: tuple[float, float, float],
        std: tuple[float, float, float],
        plain_patches: Tensor,
        frames: int,
    ) -> None:
        super().__init__()
        self.model = model
        self.patch_size = patch_size
        self.prefix_tokens = prefix_tokens
        self.channels = (channels,)
        self.strides = (patch_size,)
        self.weights_files = weights_files
        self.mean = mean
        self.std = std
        leaves = {name.rpartition(".")[2] for name, _ in model.named_modules()}
        self.lora_targets = tuple(name for name in ATTENTION if name in leaves)
        patches = find_patch_embedding(model)
        self.never_quantize = (patches,)
        self.inflated_layers = (patches,) if frames > 1 else ()
        self.plain_recipe = recipe(model, patches, frames)
        self._plain_patches = plain_patches

    def forward(self, frames: Tensor) -> tuple[Tensor]:
        """Map normalized frames ``[B, T, 3, H, W]`` to ``([B, C, ceil(H / p), ceil(W / p)],)``."""
        pixels = frames.flatten(1, 2)
        rows, columns = (math.ceil(side / self.patch_size) for side in pixels.shape[-2:])
        size = (rows * self.patch_size, columns * self.patch_size)
        if pixels.shape[-2:] != size:
            pixels = functional.interpolate(pixels, size, mode="bilinear", align_corners=False)
        tokens = _tokens(self.model, pixels)[:, self.prefix_tokens :]
        grid: Tensor = tokens.unflatten(1, (rows, columns))  # type: ignore[no-untyped-call]
        return (grid.permute(0, 3, 1, 2),)

    def save_base(self, directory: Path) -> None:
        """Write the weights as they were before inflation: a plain transformers checkpoint."""
        weights = dict(self.model.state_dict())
        weights[f"{find_patch_embedding(self.model)}.weight"] = self._plain_patches
        self.model.config.save_pretrained(directory)
        normalization = {"image_mean": list(self.mean), "image_std": list(self.std)}
        (directory / PREPROCESSOR).write_text(json.dumps(normalization), encoding="utf-8")
        save_file({name: tensor.contiguous() for name, tensor in weights.items()}, directory / WEIGHTS)


def build(request: BackboneRequest[ViTConfig]) -> ViTBackbone:
    """Load the model and make it a backbone for windows of ``request.frames`` frames.

    Raises:
        UserError: The weights are missing or damaged, or the model gives no patch tokens.
    """
    loaded = load(request)
    model = loaded.model
    grid = _probe(model, request.config.patch_size, loaded.name)
    _require_all_weights(loaded)
    patches = find_patch_embedding(model)
    plain_patches = model.get_parameter(f"{patches}.weight").detach().clone()  # no view of the file
    inflate(model, patches, request.frames)
    return ViTBackbone(
        model,
        patch_size=request.config.patch_size,
        channels=grid.channels,
        prefix_tokens=grid.prefix_tokens,
        weights_files=loaded.weights_files,
        mean=loaded.mean,
        std=loaded.std,
        plain_patches=plain_patches,
        frames=request.frames,
    )


def _require_all_weights(loaded: LoadedModel) -> None:
    """Refuse a model some of whose used parameters were not in the files and are random."""
    random = [n for n, p in loaded.model.named_parameters() if n in loaded.missing and p.requires_grad]
    if random:
        raise UserError(
            f"pretrained_model_name: {loaded.name} lacks {len(random)} weights of the model, "
            f"{random[0]} first. "
            "Name a complete checkpoint, or remove overrides in backbone.config that add layers."
        )


@frozen(kw_only=True)
class _Grid:
    channels: int
    prefix_tokens: int


def _probe(model: "PreTrainedModel", patch_size: int, name: str) -> _Grid:
    """See how tokens follow from patches at two sizes, and leave out of training what no token needs.

    The autograd graph of the probe tells which parameters reach the patch tokens: mask tokens,
    poolers and classification heads do not, and would otherwise never get a gradient.
    """
    refusal = UserError(
        f"pretrained_model_name: {name} gives no grid of patch tokens. "
        "Use a vision transformer such as DINOv3, DINOv2 or ViT."
    )
    device = next(model.parameters()).device
    extras = set()
    for rows, columns in ((2, 3), (3, 2)):
        pixels = torch.zeros(1, 3, rows * patch_size, columns * patch_size, device=device)
        try:
            tokens = _tokens(model, pixels)
        except (RuntimeError, ValueError, TypeError, AttributeError) as error:
            raise refusal from error
        extras.add(tokens.shape[1] - rows * columns if tokens.ndim == 3 else -1)
    declared = getattr(model.config, "num_register_tokens", None)
    if len(extras) != 1 or min(extras) < 0 or (declared is not None and extras != {declared + 1}):
        raise refusal
    used = _parameters_behind(tokens)
    for parameter in model.parameters():
        parameter.requires_grad_(parameter.requires_grad and id(parameter) in used)
    return _Grid(channels=int(tokens.shape[-1]), prefix_tokens=extras.pop())


def _tokens(model: "PreTrainedModel", pixels: Tensor) -> Tensor:
    """Run the model at any size, position encodings interpolated; tokens ``[B, N, C]``."""
    if "interpolate_pos_encoding" in inspect.signature(model.forward).parameters:
        output = model(pixel_values=pixels, interpolate_pos_encoding=True)
    else:
        output = model(pixel_values=pixels)
    hidden: Tensor = output.last_hidden_state
    return hidden


def _parameters_behind(tensor: Tensor) -> set[int]:
    """Ids of the leaf tensors that a tensor was computed from."""
    leaves, seen, queue = set(), set(), [tensor.grad_fn]
    while queue:
        node = queue.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if (leaf := getattr(node, "variable", None)) is not None:
            leaves.add(id(leaf))
        queue += [parent for parent, _ in node.next_functions]
    return leaves
