"""A pretrained DINOv3 so small that runs over it, adapted and in 4 bits, take a second or two."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from attrs import frozen
from torch import nn
from transformers import DINOv3ViTConfig, DINOv3ViTModel

from tracknet_core.cli.main import main

CONFIG = """
model_name: vit_heatmap
pretrained_model_name: {base}
backbone: {{freeze: false}}
decoder: {{channels: [64, 16, 8], upsample: [2, 2], detail_channels: 8}}
heatmap: {{size: [16, 16], sigma: 1.0}}
data:
  root: {data}
  preprocess: {{resize: [64, 64], flip_prob: 0.5}}
  sequence: {{enabled: true, length: 3}}
training:
  batch_size: 4
  epochs: 2
  optimizer: {{lr: 5.0e-3}}
  data_loader: {{num_workers: 0}}
"""


@frozen
class Bench:
    """A config over a pretrained base, and labelled clips.

    Attributes:
        base: The base, as transformers saves it.
        clips: Three games of one clip of 18 frames.
        config: A run of two epochs of four steps, T = 3; the backbone trains unless told otherwise.
        folder: Where runs go.
    """

    base: Path
    clips: Path
    config: Path
    folder: Path

    def run(self, name: str, words: Sequence[str] = (), *, code: int = 0) -> Path:
        """Call ``tracknet run``; the folder of the run."""
        run = self.folder / name
        assert main(["run", str(self.config), *words, "--output", str(run), "--quiet"]) == code
        return run

    def frames(self, length: int = 3) -> torch.Tensor:
        """Raw frames ``[1, T, 3, 64, 64]``."""
        pixels = torch.arange(length * 3 * 64 * 64).view(1, length, 3, 64, 64) * 7 % 251
        return pixels.to(torch.uint8)

    def heatmaps(self, model: nn.Module) -> torch.Tensor:
        """What a model, in eval mode, makes of the frames in float32."""
        with torch.no_grad():
            logits: torch.Tensor = model(self.frames(model.frames))
        return logits

    def weights(self) -> dict[str, torch.Tensor]:
        """The base's own weights."""
        model = DINOv3ViTModel.from_pretrained(self.base)
        return {name: value.clone() for name, value in model.state_dict().items()}


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pretrained weights."""
    folder = tmp_path_factory.mktemp("base") / "dinov3"
    torch.manual_seed(0)
    config = DINOv3ViTConfig(
        hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=128, image_size=64
    )
    DINOv3ViTModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three games of one short clip each."""
    folder = tmp_path_factory.mktemp("clips") / "data"
    size = ["--games", "3", "--clips", "1", "--frames", "18", "--size", "64x64"]
    assert main(["synth", str(folder), *size, "--no-video", "--jobs", "1", "--quiet"]) == 0
    return folder


@pytest.fixture(scope="module")
def bench(base: Path, clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A bench for the tests of one file."""
    folder = tmp_path_factory.mktemp("bench")
    config = folder / "config.yaml"
    config.write_text(CONFIG.format(base=base, data=clips), encoding="utf-8")
    return Bench(base=base, clips=clips, config=config, folder=folder)
