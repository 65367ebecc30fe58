"""The ``backbone:`` section of ViT models."""

from collections.abc import Mapping

from attrs import frozen

from tracknet_core.config.options import option


@frozen(kw_only=True)
class ViTConfig:
    """How the backbone is loaded and whether it trains."""

    freeze: bool = option(True, "Keep the pretrained weights as they are; the decoder trains.")
    device_map: str = option("auto", "Only auto: the backbone lives where training.device says.")
    local_files_only: bool = option(True, "Never download: the weights must be in the local cache or folder.")
    patch_size: int = option(16, "Patch size; must be that of the checkpoint.", at_least=1)
    pretrained: bool = option(
        True, "False builds random weights from the model's config; they are saved with the run."
    )
    config: Mapping[str, object] = option(
        dict,
        "Overrides of the transformers model config, such as num_hidden_layers; model_type names the family.",
    )
