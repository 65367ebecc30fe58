"""What Python and the libraries of a training run take, measured on this very process."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from attrs import evolve
from torch import Tensor, nn
from torch.nn import functional
from transformers import TrainerCallback

import tracknet_core.training.run  # noqa: F401 - a run imports more than is used here
from tracknet_core.config.plan import Plan
from tracknet_core.config.schema import DecoderConfig
from tracknet_core.descriptors import IMAGENET_MEAN, IMAGENET_STD
from tracknet_core.model.decoder import Decoder
from tracknet_core.model.detail import DetailStem
from tracknet_core.model.heatmap_model import HeatmapModel
from tracknet_core.progress import Silent
from tracknet_core.training.arguments import trainer_arguments
from tracknet_core.training.memory import MicroBatches, peak_memory_bytes
from tracknet_core.training.sampling import EpochSampler
from tracknet_core.training.trainer import HeatmapTrainer
from tracknet_core.training.trial.windows import RandomWindows

if TYPE_CHECKING:
    from tracknet_core.data.dataset import WindowDataset

WINDOWS = 2
SIZE = (128, 64)
"""Width and height of the pictures that the small model learns from."""

CPU = torch.device("cpu")


def libraries_bytes(plan: Plan) -> int:
    """Train a very small model for a step, and tell what this process takes with all that this needs.

    Code counts once it has run, the trainer once it was made, and threads once they were started.

    Args:
        plan: The run; the small model is trained as it says.
    """
    plan = _small(plan)
    model = HeatmapModel(
        backbone=_Patches(plan.frames),
        decoder=Decoder(plan.decoder, channels=[2, _Patches.width], strides=[2, 16], frames=plan.frames),
        stem=DetailStem(plan.decoder, plan.frames),
        frames=plan.frames,
        input_size=SIZE,
        heatmap_size=plan.heatmap.size,
    )
    windows = RandomWindows(plan, WINDOWS)
    with tempfile.TemporaryDirectory() as folder:
        HeatmapTrainer(
            model=model,
            plan=plan,
            arguments=trainer_arguments(plan, Path(folder), CPU),
            windows=cast("WindowDataset", windows),
            sampler=EpochSampler(WINDOWS, taken=WINDOWS, seed=plan.seed),
            steps_per_epoch=1,
            micro_batches=MicroBatches(plan.training, Silent().say),
            recomputing=(),
            callback=TrainerCallback(),
            count=_nothing,
            save=_nothing,
        ).train()
    return peak_memory_bytes(CPU)


def _nothing(*_: object) -> None:
    pass


def _small(plan: Plan) -> Plan:
    training, preprocess = plan.training, evolve(plan.data.preprocess, resize=SIZE)
    loader = evolve(training.data_loader, num_workers=0)
    return evolve(
        plan,
        adapter=None,
        quantizer=None,
        decoder=evolve(
            DecoderConfig(), channels=None, detail_channels=2, norm=plan.decoder.norm, upsample=(2, 2, 2)
        ),
        heatmap=evolve(plan.heatmap, size=(SIZE[0] // 2, SIZE[1] // 2)),
        data=evolve(plan.data, preprocess=preprocess),
        training=evolve(
            training, batch_size=WINDOWS, micro_batch_size=1, epochs=1, compile=False, data_loader=loader
        ),
    )


class _Patches(nn.Module):
    """A transformer of one layer, for the kernels that larger ones run too."""

    width = 64
    channels = (width,)
    strides = (16,)
    pretrained_module = "layer"
    lora_targets: tuple[str, ...] = ()
    never_quantize: tuple[str, ...] = ()
    weights_files: tuple[Path, ...] = ()
    mean, std = IMAGENET_MEAN, IMAGENET_STD

    def __init__(self, frames: int) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3 * frames, self.width, 16, stride=16)
        self.layer = nn.Sequential(nn.LayerNorm(self.width), nn.Linear(self.width, 3 * self.width))

    def forward(self, frames: Tensor) -> tuple[Tensor]:
        patches = self.patches(frames.flatten(1, 2))
        tokens = patches.flatten(2).transpose(1, 2)
        query, key, value = self.layer(tokens).chunk(3, dim=-1)
        attended = functional.scaled_dot_product_attention(query[:, None], key[:, None], value[:, None])[:, 0]
        return (functional.gelu(tokens + attended).transpose(1, 2).reshape(patches.shape),)
