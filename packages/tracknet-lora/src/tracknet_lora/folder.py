"""An adapter on disk: a folder that plain PEFT opens."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import peft
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from tracknet_core.config.problems import UserError
from tracknet_lora.adapter import adapt
from tracknet_lora.card import write_card
from tracknet_lora.config import LoraConfig

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
README = "README.md"
PREFIX = "base_model.model."
"""What PEFT puts before each name, being the way through its wrappers to the module."""

SETTINGS = ("r", "lora_alpha", "use_dora", "use_rslora")
"""What decides how the tensors act on the features."""


def save(module: nn.Module, directory: Path, backbone: nn.Module) -> None:
    """Write the adapter inside a module as ``PeftModel.save_pretrained`` does, and a README."""
    facts = _facts(module)
    (directory / CONFIG).write_text(json.dumps(facts, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    state = {PREFIX + name: value.cpu().contiguous() for name, value in adapter_state(module).items()}
    save_file(state, directory / WEIGHTS, metadata={"format": "pt"})
    (directory / README).write_text(write_card(module, facts, backbone), encoding="utf-8")


def load(module: nn.Module, directory: Path, config: LoraConfig, backbone: nn.Module) -> nn.Module:
    """Adapt a module and restore exactly what ``save`` wrote; the adapter goes on training from there.

    Raises:
        UserError: The folder is damaged, or holds an adapter of another form or for another model.
    """
    saved = _read_weights(directory / WEIGHTS)
    _require_same_settings(config, directory / CONFIG)
    adapted = adapt(module, config, backbone)
    ours = {PREFIX + name: value for name, value in adapter_state(adapted).items()}
    _require_same_tensors(ours, saved, directory / WEIGHTS)
    for name, value in ours.items():
        value.copy_(saved[name])
    return adapted


def adapter_state(module: nn.Module) -> dict[str, Tensor]:
    """The adapter's tensors under PEFT's names without the prefix; they are the module's own memory."""
    parameters = {name: parameter.detach() for name, parameter in module.named_parameters()}
    state: dict[str, Tensor] = peft.get_peft_model_state_dict(module, parameters, save_embedding_layers=False)
    return state


def _facts(module: nn.Module) -> dict[str, Any]:
    """What stands in ``adapter_config.json``.

    ``task_type`` is null: PEFT's wrapper for feature extraction calls a model with ``input_ids``,
    which a vision model refuses.
    """
    configs = cast(dict[str, peft.LoraConfig], module.peft_config)
    facts = configs["default"].to_dict()  # type: ignore[no-untyped-call]
    facts["inference_mode"] = True
    facts["base_model_name_or_path"] = _base_name(module)
    facts["auto_mapping"] = {
        "base_model_class": type(module).__name__,
        "parent_library": type(module).__module__,
    }
    return {name: sorted(value) if isinstance(value, set) else value for name, value in facts.items()}


def _base_name(module: nn.Module) -> str | None:
    """The name that the base has on the hub; where a folder lies on this machine is no name."""
    name = getattr(getattr(module, "config", None), "_name_or_path", None)
    return name if name and not Path(name).expanduser().is_dir() else None


def _read_weights(file: Path) -> dict[str, Tensor]:
    try:
        return load_file(file)
    except (OSError, SafetensorError):
        raise UserError(f"{file}: cannot be read. The adapter is damaged: use another checkpoint.") from None


def _require_same_settings(config: LoraConfig, file: Path) -> None:
    try:
        saved = json.loads(file.read_text(encoding="utf-8"))
        other = [name for name in SETTINGS if saved[name] != getattr(config, name)]
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(f"{file}: cannot be read. The adapter is damaged: use another checkpoint.") from None
    if other:
        name = other[0]
        raise UserError(
            f"{file}: has {name} {saved[name]}, but the configuration has {getattr(config, name)}. "
            f"Set lora.{name}: {json.dumps(saved[name])}, with which it was trained."
        )


def _require_same_tensors(ours: Mapping[str, Tensor], saved: Mapping[str, Tensor], file: Path) -> None:
    for name in sorted(ours.keys() | saved.keys()):
        if name in ours and name in saved and ours[name].shape == saved[name].shape:
            continue
        what = "lacks" if name not in saved else "has" if name not in ours else "has another shape of"
        raise UserError(
            f"{file}: {what} {name.removeprefix(PREFIX)}. The adapter is damaged or of another model: use "
            "the checkpoint whole, with the config.yaml beside it."
        )
