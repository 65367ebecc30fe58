"""What may stand at the top of a configuration."""

from collections.abc import Iterable, Mapping
from typing import Any

import attrs
from attrs import frozen

from tracknet_core.config.annotations import fields_of
from tracknet_core.config.options import option
from tracknet_core.config.schema import (
    DataConfig,
    DecoderConfig,
    EvaluationConfig,
    HeatmapConfig,
    OutputConfig,
    TrackingConfig,
    TrainingConfig,
)


@frozen(kw_only=True)
class TopConfig:
    """The keys that stand outside of every section."""

    model_name: str = option("", "Name of a backbone, such as vit_heatmap; the only key without a default.")
    pretrained_model_name: str | None = option(None, "Hub id or local path of the pretrained weights.")
    seed: int = option(42, "Seed of weights, data order and augmentation.", at_least=0, at_most=2**32 - 1)
    init_from: str | None = option(None, "Run whose checkpoint to start from.")


CORE_SECTIONS: Mapping[str, type[Any]] = {
    "decoder": DecoderConfig,
    "heatmap": HeatmapConfig,
    "data": DataConfig,
    "training": TrainingConfig,
    "evaluation": EvaluationConfig,
    "tracking": TrackingConfig,
    "output": OutputConfig,
}

MODES: Mapping[str, str] = {"manual": "bnb-manual", "hf": "bnb-hf"}
"""Modes of ``quantization`` that are not a quantizer's own name."""

DEFAULT_MODE = "manual"


def mode_of(quantizer: str) -> str:
    """The value of ``mode`` that chooses a quantizer."""
    return next((mode for mode, name in MODES.items() if name == quantizer), quantizer)


def top_keys() -> tuple[str, ...]:
    """The keys outside of every section."""
    return tuple(attribute.name for attribute in fields_of(TopConfig))


def dotted_keys(cls: type[Any], prefix: str = "") -> Iterable[str]:
    """All keys of a section and its subsections, dotted from the top."""
    for attribute in fields_of(cls):
        name = f"{prefix}.{attribute.name}" if prefix else attribute.name
        yield name
        if isinstance(attribute.type, type) and attrs.has(attribute.type):
            yield from dotted_keys(attribute.type, name)
