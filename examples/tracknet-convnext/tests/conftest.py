"""Small checkpoints of every family, made with transformers and saved as users have them."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import transformers

WIDTHS = [64, 64, 128, 128]
"""Multiples of the 64 weights that share a scale in 4-bit layers."""

CLASSES = {
    "dinov3_convnext": "DINOv3ConvNextModel",
    "convnext": "ConvNextModel",
    "convnextv2": "ConvNextV2Model",
    "classifier": "ConvNextForImageClassification",
    "vit": "ViTModel",
}

Save = Callable[[str], Path]


@pytest.fixture(scope="session")
def save(tmp_path_factory: pytest.TempPathFactory) -> Save:
    """Save a small model of a family, once a session, and return its folder."""
    folders: dict[str, Path] = {}

    def save(family: str) -> Path:
        if family not in folders:
            torch.manual_seed(0)
            model_class = getattr(transformers, CLASSES[family])
            sizes = {"hidden_sizes": WIDTHS, "depths": [1, 1, 2, 1], "layer_scale_init_value": 1.0}
            if family == "vit":
                sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
            folders[family] = tmp_path_factory.mktemp("checkpoints") / family
            model = model_class(model_class.config_class(**sizes))
            for parameter in model.parameters():
                parameter.data += 0.1 * torch.randn_like(parameter)  # biases begin at zero, and hide scales
            model.save_pretrained(folders[family])
        return folders[family]

    return save
