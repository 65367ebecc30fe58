"""The resolved, immutable description of a run."""

from typing import Any

from attrs import frozen

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
class PluginSection:
    """An enabled adapter or quantizer.

    Attributes:
        name: The descriptor's name, such as ``bnb-manual``.
        section: Key of its section, such as ``quantization``.
        config: Instance of the descriptor's config class.
    """

    name: str
    section: str
    config: Any


@frozen(kw_only=True)
class Plan:
    """Everything that decides what a run does.

    All that comes before a plan is torch-free; all that comes after takes a plan or a part of
    it, never a raw mapping. Paths are as the user wrote them, relative to the working directory.

    Attributes:
        model_name: Name of the backbone descriptor.
        pretrained_model_name: Hub id or local path of the base weights.
        seed: Seed of weights, data order and augmentation.
        init_from: Run whose checkpoint to start from.
        backbone: Instance of the backbone descriptor's config class.
        adapter: The enabled adapter, if any.
        quantizer: The enabled quantizer, if any.
    """

    model_name: str
    pretrained_model_name: str | None
    seed: int
    init_from: str | None
    backbone: Any
    decoder: DecoderConfig
    heatmap: HeatmapConfig
    adapter: PluginSection | None
    quantizer: PluginSection | None
    data: DataConfig
    training: TrainingConfig
    evaluation: EvaluationConfig
    tracking: TrackingConfig
    output: OutputConfig

    @property
    def frames(self) -> int:
        """Frames in a window, T."""
        return self.data.sequence.length if self.data.sequence.enabled else 1
