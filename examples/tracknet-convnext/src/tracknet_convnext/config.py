"""The ``backbone:`` and ``fpn:`` sections when ``model_name`` is ``convnext_fpn_heatmap``."""

from collections.abc import Mapping

from attrs import frozen

from tracknet_core.config.options import option


@frozen(kw_only=True)
class FPNConfig:
    """The feature pyramid over the stages' maps; it is new and trains, whatever the backbone does."""

    enabled: bool = option(True, "Merge the maps top-down; false hands them to the decoder as they are.")
    out_channels: int = option(256, "Channels of every map of the pyramid.", at_least=1)


@frozen(kw_only=True)
class ConvNextConfig:
    """How the backbone is loaded, which of its maps are used and whether it trains."""

    freeze: bool = option(True, "Keep the pretrained weights as they are; pyramid and decoder train.")
    device_map: str = option("auto", "Only auto: the backbone lives where training.device says.")
    local_files_only: bool = option(True, "Never download: the weights must be in the local cache or folder.")
    return_stages: tuple[int, ...] = option(
        (1, 2, 3, 4), "Stages whose maps are used, finest first: strides 4, 8, 16, 32.", at_least=1, at_most=4
    )
    pretrained: bool = option(
        True, "False builds random weights from the model's config; they are saved with the run."
    )
    config: Mapping[str, object] = option(
        dict, "Overrides of the transformers model config, such as depths; model_type names the family."
    )
    fpn: FPNConfig = option(FPNConfig, "The feature pyramid, in a section of its own.")
