"""Mode ``manual``: replace the linear layers of any module that was loaded."""

from collections.abc import Sequence

import torch
from bitsandbytes.nn.modules import Linear4bit, Params4bit
from torch import nn

from tracknet_core.hardware import page_out
from tracknet_quant.config import QuantizationConfig
from tracknet_quant.layers import linear_layers, require_layers, settle, skipped_names


def convert(module: nn.Module, config: QuantizationConfig, skip: Sequence[str]) -> nn.Module:
    """Quantize the plain linear layers that nothing names to be left alone, each on its device.

    Args:
        module: The module; it is changed and returned.
        config: The section.
        skip: Dotted-component names to leave alone besides ``config.skip_modules``.

    Raises:
        UserError: No layer would be quantized, or ``config.skip_modules`` names one that is not there.
    """
    names = require_layers(list(linear_layers(module)), skipped_names(module, config, skip))
    made: dict[nn.Module, Linear4bit] = {}
    for name in names:
        layer = module.get_submodule(name)
        if isinstance(layer, nn.Linear) and layer not in made:
            made[layer] = _quantized(layer, config)
        module.set_submodule(name, made[layer])
    return settle(module, config)


def _quantized(layer: nn.Linear, config: QuantizationConfig) -> Linear4bit:
    quantized: Linear4bit = Linear4bit(  # type: ignore[no-untyped-call]
        layer.in_features,
        layer.out_features,
        bias=layer.bias is not None,
        compute_dtype=getattr(torch, config.compute_dtype),
        device="meta",  # else it would draw random weights first
    )
    quantized.weight = Params4bit(
        layer.weight.detach(),
        requires_grad=False,
        compress_statistics=config.compress_statistics,
        quant_type=config.quant_type,
        module=quantized,
    )
    quantized.bias = layer.bias
    quantized.to(layer.weight.device)  # this quantizes, on the CPU too, where nothing else would
    _page_out(layer.weight.detach())
    return quantized.train(layer.training)


def _page_out(read: torch.Tensor) -> None:
    """Let go of what a weight was read from; shapes alone lie nowhere."""
    if read.device.type == "cpu" and type(read) is torch.Tensor:
        page_out(read.data_ptr(), read.nbytes)
