"""Mode ``hf``: transformers quantized the weights while it loaded them; see that it did."""

from collections.abc import Mapping, Sequence

import torch
from attrs import evolve
from bitsandbytes.nn.modules import Linear4bit
from torch import nn

from tracknet_core.config.problems import UserError
from tracknet_quant.config import QuantizationConfig
from tracknet_quant.layers import (
    linear_layers,
    quantized_layers,
    require_layers,
    settle,
    skipped_names,
    weight_of,
)
from tracknet_quant.manual import convert

REMEDY = "Set quantization.mode: manual, which quantizes after loading."


def confirm(module: nn.Module, config: QuantizationConfig, skip: Sequence[str]) -> nn.Module:
    """Compare the layers that loading quantized with those that are named.

    Args:
        module: A module loaded with ``load_options``; returned as it is but for its marks.
        config: The section.
        skip: Dotted-component names to leave alone besides ``config.skip_modules``.

    Raises:
        UserError: Loading quantized no layer, others than were asked for, or in another way.
    """
    quantized = quantized_layers(module)
    linear = [*linear_layers(module), *quantized]
    meant = set(require_layers(linear, skipped_names(module, config, skip)))
    if not quantized:
        raise UserError(f"quantization.mode: the backbone did not load any layer in 4 bits. {REMEDY}")
    if wrong := sorted(quantized.keys() - meant):
        raise UserError(
            f"quantization.mode: loading quantized {len(wrong)} layers that are to be left alone, "
            f"{wrong[0]} first. {REMEDY}"
        )
    if missed := sorted(meant - quantized.keys()):
        raise UserError(
            f"quantization.mode: loading left {len(missed)} of {len(meant)} layers as they were, "
            f"{missed[0]} first. {REMEDY}"
        )
    _require_kind(quantized, config)
    return settle(module, config)


def convert_shapes(module: nn.Module, config: QuantizationConfig, skip: Sequence[str]) -> nn.Module:
    """Quantize plain layers whose weights hold nothing: what loading would have given, by its size.

    Args:
        module: The module; it is changed and returned.
        config: The section.
        skip: Dotted-component names to leave alone besides ``config.skip_modules``.

    Raises:
        UserError: No layer would be quantized, or ``config.skip_modules`` names one that is not there.
    """
    return convert(module, evolve(config, compress_statistics=config.use_double_quant), skip)


def _require_kind(quantized: Mapping[str, Linear4bit], config: QuantizationConfig) -> None:
    """Refuse 4-bit weights of another kind than was asked for, and those that have been repacked."""
    for name, layer in quantized.items():
        weight = weight_of(layer)
        state = weight.quant_state
        if state is None:
            raise UserError(f"quantization.mode: loading did not quantize the weight of {name}. {REMEDY}")
        if getattr(state, "packing_format_for_cpu", False):
            raise UserError(
                f"quantization.mode: the backbone ran without gradients while it was built, which repacked "
                f"{name} for good. {REMEDY}"
            )
        for key, wanted, found in (
            ("quant_type", config.quant_type, weight.quant_type),
            ("compute_dtype", getattr(torch, config.compute_dtype), layer.compute_dtype),
            ("use_double_quant", config.use_double_quant, state.nested),
        ):
            if found != wanted:
                raise UserError(
                    f"quantization.{key}: {_shown(wanted)} was asked for, and {name} was loaded with "
                    f"{_shown(found)}. {REMEDY}"
                )


def _shown(value: object) -> str:
    return str(value).removeprefix("torch.").lower()
