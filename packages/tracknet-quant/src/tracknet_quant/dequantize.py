"""Back to plain layers that hold the values which the 4-bit ones stand for."""

from copy import copy

import torch
from bitsandbytes.functional import dequantize_4bit
from bitsandbytes.nn.modules import Linear4bit
from torch import nn

from tracknet_quant.layers import quantized_layers, weight_of

MARKS = ("is_loaded_in_4bit", "is_quantized", "quantization_method", "hf_quantizer")
"""Attributes by which transformers and PEFT know a quantized module."""

CONFIG_MARKS = ("quantization_config", "_is_quantized")
"""The same, on the config of a transformers model."""


def dequantize(module: nn.Module) -> nn.Module:
    """Replace every 4-bit layer by a plain one in float32, and drop the marks of quantization.

    Args:
        module: A quantized module without adapters, or a plain one; it is changed and returned. A
            transformers model among them saves as a plain checkpoint afterwards. The weights that
            come of 4-bit ones require gradients, as those of plain layers do.
    """
    made: dict[nn.Module, nn.Linear] = {}
    for name, layer in quantized_layers(module).items():
        if layer not in made:
            made[layer] = _plain(layer)
        module.set_submodule(name, made[layer])
    for part in module.modules():
        _drop(part, MARKS)
        _drop(getattr(part, "config", None), CONFIG_MARKS)
    return module


def _plain(layer: Linear4bit) -> nn.Linear:
    plain = nn.Linear(layer.in_features, layer.out_features, bias=layer.bias is not None, device="meta")
    packed = weight_of(layer)
    exact = copy(packed.quant_state)
    exact.dtype = torch.float32
    plain.weight = nn.Parameter(dequantize_4bit(packed.data, exact))
    if layer.bias is not None:
        bias = layer.bias.detach().to(torch.float32)
        plain.bias = nn.Parameter(bias, requires_grad=layer.bias.requires_grad)
    return plain.train(layer.training)


def _drop(owner: object, names: tuple[str, ...]) -> None:
    for name in names:
        getattr(owner, "__dict__", {}).pop(name, None)
