"""What existing users' configurations need to run: weights as wide as theirs, and a few labelled clips."""

from pathlib import Path

import pytest
import torch
from attrs import frozen
from transformers import DINOv3ViTConfig, DINOv3ViTModel

from tracknet_core.cli.main import main


@frozen
class Supplies:
    """Weights and data that stand in for a user's.

    Attributes:
        weights: A DINOv3 as wide as ViT-S, one layer deep, as transformers saves it.
        clips: Three games of one clip of two frames.
    """

    weights: Path
    clips: Path

    def named(self) -> list[str]:
        """The overrides that name both."""
        return [f"pretrained_model_name={self.weights}", f"data.root={self.clips}"]

    def run(self, files: list[Path], output: Path, *words: str) -> None:
        """Call ``tracknet run`` for one epoch of one step."""
        short = ["training.epochs=1", "training.data_loader.num_workers=0"]
        arguments = [*map(str, files), *self.named(), *short, *words, "--output", str(output), "--quiet"]
        assert main(["run", *arguments]) == 0


@pytest.fixture(scope="session")
def supplies(tmp_path_factory: pytest.TempPathFactory) -> Supplies:
    """Weights and data on disk."""
    folder = tmp_path_factory.mktemp("supplies")
    supplies = Supplies(weights=folder / "dinov3", clips=folder / "clips")
    torch.manual_seed(0)
    config = DINOv3ViTConfig(
        hidden_size=384, num_hidden_layers=1, num_attention_heads=6, intermediate_size=64
    )
    DINOv3ViTModel(config).save_pretrained(supplies.weights)
    size = ["--games", "3", "--clips", "1", "--frames", "2", "--size", "256x144"]
    assert main(["synth", str(supplies.clips), *size, "--no-video", "--jobs", "1", "--quiet"]) == 0
    return supplies
