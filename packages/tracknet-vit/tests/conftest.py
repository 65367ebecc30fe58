"""Small checkpoints of every family, made with transformers and saved as users have them."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import transformers

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}

FAMILIES: dict[str, tuple[str, dict[str, object]]] = {
    "dinov3": ("DINOv3ViT", {**SMALL, "image_size": 64, "num_register_tokens": 4}),
    "dinov2": (
        "Dinov2",
        {
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 70,
            "patch_size": 14,
        },
    ),
    "dinov2-registers": (
        "Dinov2WithRegisters",
        {
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 70,
            "patch_size": 14,
        },
    ),
    "dinov2-swiglu": (
        "Dinov2",
        {
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 70,
            "patch_size": 14,
            "use_swiglu_ffn": True,
        },
    ),
    "vit": ("ViT", {**SMALL, "image_size": 64}),
    "deit": ("DeiT", {**SMALL, "image_size": 64}),
    "siglip": ("SiglipVision", {**SMALL, "image_size": 64}),
    "ijepa": ("IJepa", {**SMALL, "image_size": 64}),
    "swin": ("Swin", {"embed_dim": 16, "depths": [1, 1], "num_heads": [2, 2], "image_size": 64}),
    "mae": ("ViTMAE", {**SMALL, "image_size": 64}),
    "convnext": ("DINOv3ConvNext", {"hidden_sizes": [8, 16, 32, 64], "depths": [1, 1, 1, 1]}),
}

Save = Callable[[str], Path]


@pytest.fixture(scope="session")
def save_family(tmp_path_factory: pytest.TempPathFactory) -> Save:
    """Save a small model of a family, once a session, and return its folder."""
    folders: dict[str, Path] = {}

    def save(family: str) -> Path:
        if family not in folders:
            prefix, settings = FAMILIES[family]
            torch.manual_seed(0)
            config = getattr(transformers, f"{prefix}Config")(**settings)
            folders[family] = tmp_path_factory.mktemp("checkpoints") / family
            getattr(transformers, f"{prefix}Model")(config).save_pretrained(folders[family])
        return folders[family]

    return save
