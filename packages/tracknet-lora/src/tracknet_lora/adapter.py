"""Low-rank adapters inside a pretrained module, put there by PEFT and taken out again."""

import re
from collections.abc import Iterable, Sequence
from typing import cast

import peft
import torch
from peft.tuners import lora
from peft.tuners.lora.dora import DoraLinearLayer
from torch import nn

from tracknet_core.config.problems import UserError
from tracknet_lora.config import LoraConfig
from tracknet_lora.layers import find_layers
from tracknet_lora.targets import resolve


def adapt(module: nn.Module, config: LoraConfig, backbone: nn.Module) -> nn.Module:
    """Put adapters beside the target layers and freeze everything else.

    The module stays the object that it is: PEFT replaces layers inside it. Layers that were inflated
    for windows of several frames are always among the targets.

    Raises:
        UserError: The targets match no layer, or one that cannot be adapted.
        RuntimeError: PEFT did something else than it was asked.
    """
    layers = find_layers(module)
    targets = resolve(config.target_modules, layers, getattr(backbone, "lora_targets", ()))
    if targets.errors:
        raise UserError("\n".join(str(problem) for problem in targets.errors))
    names = {layer.name for layer in targets.layers} | set(getattr(backbone, "inflated_layers", ()))
    unused = _unused_parameters(module)
    peft.inject_adapter_in_model(_peft_config(config, names, module), module)
    _require(names, module)
    for layer in adapted_layers(module).values():
        _to_float32(layer)
        if not layer.lora_variant:
            cast(nn.Module, layer).register_forward_pre_hook(_as_autocast_would)
    for parameter in unused:
        parameter.requires_grad_(False)  # PEFT trains every bias there is
    return module


def merge(module: nn.Module) -> nn.Module:
    """Fold the adapters into their layers and leave nothing of PEFT behind.

    Raises:
        RuntimeError: A layer is quantized; its values must be plain before anything is added to them.
    """
    adapted = adapted_layers(module)
    for name, layer in adapted.items():
        if _is_quantized(layer):
            raise RuntimeError(
                f"{name} is quantized: dequantize the module before adapters are merged into it"
            )
    for name, layer in adapted.items():
        layer.merge(safe_merge=True)
        module.set_submodule(name, layer.get_base_layer())
    del module.peft_config
    return module.requires_grad_(False)


def adapted_layers(module: nn.Module) -> dict[str, lora.LoraLayer]:
    """The layers that have an adapter, by name."""
    return {name: layer for name, layer in module.named_modules() if isinstance(layer, lora.LoraLayer)}


def _peft_config(config: LoraConfig, names: Iterable[str], module: nn.Module) -> peft.LoraConfig:
    """Say the same to PEFT; its task type stays empty, since its wrapper for features knows only text."""
    return peft.LoraConfig(
        r=config.r,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        bias=config.bias,
        use_dora=config.use_dora,
        use_rslora=config.use_rslora,
        init_lora_weights=config.init,
        target_modules=_exactly(sorted(names), [name for name, _ in module.named_modules()]),
    )


def _exactly(names: Sequence[str], everything: Iterable[str]) -> list[str] | str:
    """Name layers so that PEFT takes no others: it also takes what ends in a listed name."""
    ends = tuple(f".{name}" for name in names)
    if any(name.endswith(ends) for name in everything if name not in names):
        return "|".join(re.escape(name) for name in names)
    return list(names)


def _require(names: set[str], module: nn.Module) -> None:
    """See that exactly these layers were adapted, and quantized ones as such."""
    adapted = adapted_layers(module)
    if difference := sorted(names ^ set(adapted)):
        raise RuntimeError(f"PEFT was asked for other layers than it adapted: {', '.join(difference)}")
    for name, layer in adapted.items():
        if _is_quantized(layer) and not isinstance(layer, lora.Linear4bit):
            raise RuntimeError(
                f"PEFT took the quantized layer {name} for a plain one: the quantizer did not mark "
                "the module with is_loaded_in_4bit"
            )


def _to_float32(layer: lora.LoraLayer) -> None:
    """Undo that PEFT gives an adapter the type in which its layer computes.

    DoRA's magnitudes are measured anew: rounded, they would not be those of the weights.
    """
    parts = [getattr(layer, name) for name in layer.adapter_layer_names]
    if all(parameter.dtype == torch.float32 for part in parts for parameter in part.parameters()):
        return
    for part in parts:
        part.float()
    for name, magnitude in layer.lora_magnitude_vector.items():
        cast(DoraLinearLayer, magnitude).update_layer(
            base_layer=layer.get_base_layer(),
            lora_A=layer.lora_A[name].weight,
            lora_B=layer.lora_B[name].weight,
            scaling=layer.scaling[name],
        )


def _as_autocast_would(layer: nn.Module, inputs: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
    """Round the input once, before the layer, its adapter and the dropout between them.

    PEFT casts it to the adapter's float32 first, so that the dropout works on, and training keeps,
    twice the bytes of what autocast then multiplies in 16 bits.
    """
    (features,) = inputs
    device = features.device.type
    mixed = torch.is_autocast_enabled(device)
    cast(lora.LoraLayer, layer).cast_input_dtype_enabled = not mixed
    return (features.to(torch.get_autocast_dtype(device)),) if mixed else inputs


def _is_quantized(layer: lora.LoraLayer) -> bool:
    return hasattr(layer.get_base_layer().weight, "quant_state")


def _unused_parameters(module: nn.Module) -> list[nn.Parameter]:
    """Those that no map depends on, and so do not train; of a module frozen as a whole none is known."""
    unused = [parameter for parameter in module.parameters() if not parameter.requires_grad]
    return unused if len(unused) < len(list(module.parameters())) else []
