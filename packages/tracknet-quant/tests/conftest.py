"""A small DINOv3 on disk, and both ways to quantize it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from transformers import AutoModel, DINOv3ViTConfig, DINOv3ViTModel

from tracknet_quant import hf, manual
from tracknet_quant.config import QuantizationConfig
from tracknet_quant.load_options import load_options

SKIP = ("embeddings.patch_embeddings",)

Quantize = Callable[..., nn.Module]


@pytest.fixture(scope="session", params=[64, 48], ids=["blocks-of-64", "ragged-blocks"])
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights whose rows are whole blocks of 4-bit values, and weights whose rows are not."""
    torch.manual_seed(0)
    config = DINOv3ViTConfig(
        hidden_size=request.param,
        intermediate_size=2 * request.param,
        num_hidden_layers=2,
        num_attention_heads=4,
        image_size=64,
        pos_embed_rescale=None,
    )
    folder = tmp_path_factory.mktemp("dinov3")
    DINOv3ViTModel(config).save_pretrained(folder)
    return folder


def _manual(folder: Path, skip: Sequence[str] = SKIP, **settings: Any) -> nn.Module:
    config = QuantizationConfig(enabled=True, **settings)
    return manual.convert(AutoModel.from_pretrained(folder, dtype=torch.float32), config, skip).eval()


def _hf(folder: Path, skip: Sequence[str] = SKIP, **settings: Any) -> nn.Module:
    config = QuantizationConfig(enabled=True, **settings)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32, **load_options(config, skip))
    return hf.confirm(model, config, skip).eval()


@pytest.fixture
def by_manual() -> Quantize:
    """Load a folder, then quantize."""
    return _manual


@pytest.fixture
def by_hf() -> Quantize:
    """Quantize a folder while loading it, as a backbone plugin does."""
    return _hf


@pytest.fixture(params=[_manual, _hf], ids=["manual", "hf"])
def quantize(request: pytest.FixtureRequest) -> Quantize:
    """Either way."""
    return request.param
