"""The TrackNet plugin: registers ``peft-lora``."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracknet_core import hookimpl
from tracknet_core.descriptors import Adapter
from tracknet_lora.check import check
from tracknet_lora.config import LoraConfig

if TYPE_CHECKING:
    from torch import nn


def _adapt(module: "nn.Module", config: LoraConfig, backbone: "nn.Module") -> "nn.Module":
    from tracknet_lora.adapter import adapt

    return adapt(module, config, backbone)


def _save(module: "nn.Module", directory: Path, backbone: "nn.Module") -> None:
    from tracknet_lora.folder import save

    save(module, directory, backbone)


def _load(module: "nn.Module", directory: Path, config: LoraConfig, backbone: "nn.Module") -> "nn.Module":
    from tracknet_lora.folder import load

    return load(module, directory, config, backbone)


def _merge(module: "nn.Module") -> "nn.Module":
    from tracknet_lora.adapter import merge

    return merge(module)


@hookimpl
def tracknet_register_adapters() -> Iterable[Adapter[Any]]:
    """Register LoRA."""
    return [
        Adapter(
            name="peft-lora",
            section="lora",
            config=LoraConfig,
            adapt=_adapt,
            save=_save,
            load=_load,
            merge=_merge,
            check=check,
        )
    ]
