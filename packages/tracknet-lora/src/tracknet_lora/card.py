"""The README of a saved adapter: what it is and how plain PEFT opens it."""

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from torch import nn

from tracknet_lora.adapter import adapted_layers

UNNAMED_BASE = "path/to/the/base/weights"
"""Stands in the snippet for a base that has no name."""


def write_card(module: nn.Module, facts: Mapping[str, Any], backbone: nn.Module) -> str:
    """Describe an adapted module in Markdown.

    Args:
        module: The module with the adapter.
        facts: What stands in ``adapter_config.json``.
        backbone: The backbone that the module belongs to.
    """
    base, layers = facts["base_model_name_or_path"], adapted_layers(module)
    named = (
        f"`{base}`"
        if base
        else "the weights named in `../config.yaml`, or saved as `base` in the run's folder"
    )
    method = "DoRA" if facts["use_dora"] else "LoRA"
    scale = f"{facts['lora_alpha']} / {'√' if facts['use_rslora'] else ''}{facts['r']}"
    return "\n".join(
        [
            "# Adapter of a TrackNet ball detector",
            "",
            f"A {method} adapter for PEFT over a frozen `{type(module).__name__}`. It holds no base weights.",
            "",
            f"- Base: {named}",
            f"- Rank {facts['r']}, scale {scale}, biases trained: {facts['bias']}",
            f"- Adapted layers: {len(layers)} ({_listed(layers)})",
            *_remarks(module),
            "",
            "It opens in plain PEFT, without TrackNet, run in this folder:",
            "",
            "```python",
            *_snippet(module, base, str(getattr(backbone, "plain_recipe", ""))),
            "```",
            "",
            *_usage(module, backbone),
            "",
        ]
    )


def _remarks(module: nn.Module) -> Iterator[str]:
    if getattr(module, "is_loaded_in_4bit", False):
        yield "- It was trained over a base in 4 bits; over the plain base its features differ a little."


def _snippet(module: nn.Module, base: str | None, recipe: str) -> Iterator[str]:
    transformers = hasattr(getattr(module, "config", None), "model_type")
    yield "from peft import PeftModel"
    if transformers:
        yield "from transformers import AutoModel"
    yield ""
    if transformers:
        yield f'model = AutoModel.from_pretrained("{base or UNNAMED_BASE}")'
    else:
        yield f"model = ...  # the plain {type(module).__qualname__} with its pretrained weights"
    yield from recipe.splitlines()
    yield 'model = PeftModel.from_pretrained(model, ".").eval()'


def _usage(module: nn.Module, backbone: nn.Module) -> Iterator[str]:
    accepts = inspect.signature(module.forward).parameters
    arguments = "pixel_values=frames" if "pixel_values" in accepts else "frames"
    if "interpolate_pos_encoding" in accepts:
        arguments += ", interpolate_pos_encoding=True"
    yield f"Call it with `model({arguments})`. Frames are `[B, C, H, W]`, RGB in [0, 1], normalized with"
    yield f"mean {tuple(backbone.mean)} and standard deviation {tuple(backbone.std)};"  # type: ignore[arg-type]
    yield "the frames of a window follow each other along C."


def _listed(layers: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted({layer.rpartition(".")[2] for layer in layers}))
