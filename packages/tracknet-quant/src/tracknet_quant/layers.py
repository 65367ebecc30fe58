"""Which layers are meant to have 4 bits, and what every one of them must be freed of."""

from collections.abc import Sequence
from typing import cast

import torch
from bitsandbytes.nn.modules import Linear4bit, Params4bit
from torch import nn

from tracknet_core.config.problems import UserError
from tracknet_core.layer_names import any_names_layer, names_layer
from tracknet_quant.config import QuantizationConfig


def linear_layers(module: nn.Module) -> dict[str, nn.Linear]:
    """The plain linear layers by dotted name, each name of a shared layer among them.

    Subclasses are none: what they compute, or who reads their weight, is not known. The output
    projection of ``nn.MultiheadAttention`` is one, whose weight is never multiplied by the layer.
    """
    named = module.named_modules(remove_duplicate=False)
    return {name: layer for name, layer in named if name and type(layer) is nn.Linear}


def quantized_layers(module: nn.Module) -> dict[str, Linear4bit]:
    """The 4-bit layers by dotted name, each name of a shared layer among them."""
    named = module.named_modules(remove_duplicate=False)
    return {name: layer for name, layer in named if isinstance(layer, Linear4bit)}


def weight_of(layer: Linear4bit) -> Params4bit:
    """The weight of a 4-bit layer, by the type that ``nn.Linear`` hides."""
    return cast(Params4bit, layer.weight)


def skipped_names(module: nn.Module, config: QuantizationConfig, skip: Sequence[str]) -> tuple[str, ...]:
    """All patterns that leave layers alone.

    Raises:
        UserError: One of the user's names nothing in the module.
    """
    names = [name for name, _ in module.named_modules() if name]
    for pattern in config.skip_modules:
        if not any(names_layer(pattern, name) for name in names):
            raise UserError(
                f"quantization.skip_modules: {pattern!r} names no layer of the backbone. "
                f"Take it out; its layers are {_some(names)}."
            )
    return (*skip, *config.skip_modules)


def require_layers(linear: Sequence[str], skip: Sequence[str]) -> list[str]:
    """The names of those linear layers that no pattern names.

    Raises:
        UserError: There are none.
    """
    if not linear:
        raise UserError(
            "quantization: 4-bit weights are for linear layers, and the backbone has none that are plain. "
            "Set quantization.enabled: false; LoRA works on convolutions too."
        )
    meant = [name for name in linear if not any_names_layer(skip, name)]
    if not meant:
        raise UserError(
            f"quantization.skip_modules: {', '.join(skip)} leave nothing to quantize; the linear layers are "
            f"{_some(linear)}. Shorten the list, or set quantization.enabled: false."
        )
    return meant


def settle(module: nn.Module, config: QuantizationConfig) -> nn.Module:
    """Mark a quantized module, and keep its layers from ever changing underway.

    - On CPUs with AVX512-BF16 the first forward in eval mode without gradients would repack the
      weight in place, after which nothing can train, save or merge it. (bitsandbytes unpacks it
      again for saving, with scales rounded to bfloat16: there is no way back.)
    - The first forward would cast the bias in place to ``compute_dtype``. It is cast here, so that
      a parameter has the same type before and after.
    - A backward pass would unpack weights to the type that they had before, only to round them.
    - Under autocast they answer in its type, as plain linear layers do, and not in that of the input:
      what follows a float32 input would be computed and kept in float32.
    """
    dtype = getattr(torch, config.compute_dtype)
    for layer in quantized_layers(module).values():
        layer.support_avx512bf16_for_cpu = False
        layer.weight.requires_grad_(False)
        state = weight_of(layer).quant_state
        if state is not None:  # a layer of shapes alone has none
            state.dtype = dtype
        layer.register_forward_pre_hook(_as_autocast_would)
        if layer.bias is not None:
            layer.bias.data = layer.bias.data.to(dtype)
    module.is_loaded_in_4bit = True  # type: ignore[assignment] # what PEFT and transformers look for
    return module


def _as_autocast_would(_: nn.Module, inputs: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
    (features,) = inputs
    device = features.device.type
    if not torch.is_autocast_enabled(device):
        return inputs
    return (features.to(torch.get_autocast_dtype(device)),)


def _some(names: Sequence[str], limit: int = 4) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
