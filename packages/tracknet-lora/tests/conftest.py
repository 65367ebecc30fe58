"""Small transformers models of the families that backbones are made of."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import transformers
from torch import nn

from tracknet_core.descriptors import IMAGENET_MEAN, IMAGENET_STD

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 64}
WIDE = {**SMALL, "intermediate_size": 64}

FAMILIES: dict[str, tuple[str, dict[str, object]]] = {
    "dinov3": ("DINOv3ViT", WIDE),
    "dinov3-gated": ("DINOv3ViT", {**WIDE, "use_gated_mlp": True}),
    "dinov2": ("Dinov2", {**SMALL, "patch_size": 16}),
    "dinov2-gated": ("Dinov2", {**SMALL, "patch_size": 16, "use_swiglu_ffn": True}),
    "vit": ("ViT", WIDE),
    "siglip": ("SiglipVision", WIDE),
    "convnext": ("DINOv3ConvNext", {"hidden_sizes": [8, 16, 32, 64], "depths": [1, 1, 1, 1]}),
}

Build = Callable[[str], nn.Module]


class Backbone(nn.Module):
    """What an adapter sees of a backbone, around a plain model."""

    lora_targets: tuple[str, ...] = ()
    inflated_layers: tuple[str, ...] = ()
    mean, std = IMAGENET_MEAN, IMAGENET_STD

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model


@pytest.fixture(scope="session")
def family_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Save a small model of a family, once a session, and return its folder."""
    folders: dict[str, Path] = {}

    def save(family: str) -> Path:
        if family not in folders:
            prefix, settings = FAMILIES[family]
            torch.manual_seed(0)
            config = getattr(transformers, f"{prefix}Config")(**settings)
            folders[family] = tmp_path_factory.mktemp("models") / family
            getattr(transformers, f"{prefix}Model")(config).save_pretrained(folders[family])
        return folders[family]

    return save


@pytest.fixture
def backbone_of(family_folder: Callable[[str], Path]) -> Callable[[str], Backbone]:
    """Load a small model of a family as a backbone, in eval mode."""

    def build(family: str) -> Backbone:
        return Backbone(transformers.AutoModel.from_pretrained(family_folder(family))).eval()

    return build
