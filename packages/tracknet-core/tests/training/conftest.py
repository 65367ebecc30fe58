"""A model and a plan small enough to train in a blink."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from attrs import evolve
from torch import Tensor, nn

from tracknet_core.config.plan import Plan
from tracknet_core.config.schema import (
    DataConfig,
    DecoderConfig,
    EvaluationConfig,
    HeatmapConfig,
    OutputConfig,
    PreprocessConfig,
    TrackingConfig,
    TrainingConfig,
)
from tracknet_core.descriptors import IMAGENET_MEAN, IMAGENET_STD
from tracknet_core.model.decoder import Decoder
from tracknet_core.model.detail import DetailStem
from tracknet_core.model.heatmap_model import HeatmapModel

INPUT, HEATMAP, CHANNELS = (32, 32), (16, 16), 8


class TinyBackbone(nn.Module):
    """One convolution over the stacked frames, stride 8."""

    channels, strides = (CHANNELS,), (8,)
    pretrained_module = "inner"
    lora_targets = never_quantize = ()
    weights_files = ()
    mean, std = IMAGENET_MEAN, IMAGENET_STD

    def __init__(self, frames: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Conv2d(3 * frames, CHANNELS, 8, stride=8), nn.GroupNorm(2, CHANNELS))

    def forward(self, frames: Tensor) -> list[Tensor]:
        return [self.inner(frames.flatten(1, 2))]


@pytest.fixture
def plan() -> Plan:
    """A plan of two epochs in batches of four."""
    return Plan(
        model_name="tiny",
        pretrained_model_name=None,
        seed=7,
        init_from=None,
        backbone=None,
        decoder=DecoderConfig(channels=(CHANNELS, CHANNELS, CHANNELS), upsample=(2, 2), detail_channels=4),
        heatmap=HeatmapConfig(size=HEATMAP, sigma=1.0),
        adapter=None,
        quantizer=None,
        data=DataConfig(preprocess=PreprocessConfig(resize=INPUT)),
        training=TrainingConfig(batch_size=4, epochs=2, device="cpu"),
        evaluation=EvaluationConfig(),
        tracking=TrackingConfig(),
        output=OutputConfig(),
    )


MakeModel = Callable[[Plan], HeatmapModel]


@pytest.fixture
def make_model() -> MakeModel:
    """Builds the same model whenever it is called."""

    def make(plan: Plan) -> HeatmapModel:
        torch.manual_seed(0)
        stem = DetailStem(plan.decoder, 1)
        return HeatmapModel(
            backbone=TinyBackbone(1),
            decoder=Decoder(
                plan.decoder,
                channels=[*stem.channels, CHANNELS],
                strides=[*stem.strides, 8],
                frames=1,
            ),
            stem=stem,
            frames=1,
            input_size=INPUT,
            heatmap_size=HEATMAP,
        )

    return make


@pytest.fixture
def training(plan: Plan) -> Callable[..., Plan]:
    """Changes keys of a plan's ``training``."""

    def change(**values: Any) -> Plan:
        return evolve(plan, training=evolve(plan.training, **values))

    return change
