"""Data and a model so small that a whole run takes a second."""

import csv
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from attrs import frozen
from safetensors.torch import load_file

from tracknet_core.cli.main import main

CONFIG = """
model_name: vit_heatmap
backbone:
  pretrained: false
  freeze: false
  config: {{hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 48}}
decoder: {{channels: [32, 16, 8], upsample: [2, 2], detail_channels: 8, dropout: 0.1}}
heatmap: {{size: [16, 16], sigma: 1.0}}
data:
  root: {data}
  preprocess: {{resize: [64, 64], flip_prob: 0.5}}
  sequence: {{enabled: true, length: 3}}
  augment: {{zoom: 0.1, brightness: 0.2}}
training:
  batch_size: 4
  epochs: 3
  log_every: 2
  data_loader: {{num_workers: 0}}
"""


@frozen
class SmallRuns:
    """Runs of three epochs of four steps: 16 windows of 3 frames in the training clip.

    Attributes:
        config: Their config: everything trains, with dropout, flips and other augmentation.
        unbroken: The folder of such a run that nothing disturbed.
    """

    config: Path
    unbroken: Path

    def run(self, output: Path, *words: str, config: Path | None = None) -> int:
        """Call ``tracknet run`` in this process; gives the exit code."""
        return main(["run", str(config or self.config), "--output", str(output), *words])

    def weights(self, run: Path, checkpoint: str = "last") -> dict[str, torch.Tensor]:
        """All that a checkpoint holds."""
        return load_file(run / "checkpoints" / checkpoint / "model.safetensors")

    def rows(self, run: Path) -> list[dict[str, str]]:
        """The lines of ``history.csv``."""
        with (run / "history.csv").open(newline="") as stream:
            return list(csv.DictReader(stream))

    def state(self, run: Path) -> dict[str, Any]:
        """Where the last checkpoint stands."""
        state: dict[str, Any] = json.loads((run / "checkpoints/last/trainer/run_state.json").read_text())
        return state

    def assert_same_weights(self, found: Path, expected: Path) -> None:
        """Both checkpoints of two runs hold the same bits."""
        for checkpoint in ("last", "best"):
            ours, theirs = self.weights(found, checkpoint), self.weights(expected, checkpoint)
            assert ours.keys() == theirs.keys()
            assert all(torch.equal(ours[name], theirs[name]) for name in ours), checkpoint

    def assert_same(self, found: Path, expected: Path) -> None:
        """Two runs learned the same, step by step, and wrote the same curves (but for the speed)."""
        self.assert_same_weights(found, expected)
        ours, theirs = self.rows(found), self.rows(expected)
        for row in (*ours, *theirs):
            del row["frames_per_second"]
        assert ours == theirs


def draw_clips(root: Path, frames: int = 18) -> Path:
    """Three games of one clip each, in the TrackNet layout: a white dot over noise."""
    noise = np.random.default_rng(0)
    for game in (1, 2, 3):
        folder = root / f"game{game}" / "Clip1"
        folder.mkdir(parents=True)
        rows = ["file name,visibility,x-coordinate,y-coordinate,status"]
        for frame in range(frames):
            picture = noise.integers(0, 60, (48, 64, 3), dtype=np.uint8)
            x, y, name = 5 + 3 * frame, 5 + frame * game % 38, f"{frame:04d}.png"
            visible = frame % 7 != 6
            if visible:
                cv2.circle(picture, (x, y), 2, (255, 255, 255), -1)
            rows.append(f"{name},1,{x},{y},0" if visible else f"{name},0,,,")
            cv2.imwrite(str(folder / name), picture)
        (folder / "Label.csv").write_text("\n".join(rows) + "\n")
    return root


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallRuns:
    """Small runs, and one that is done."""
    folder = tmp_path_factory.mktemp("small")
    config, unbroken = folder / "config.yaml", folder / "unbroken"
    config.write_text(CONFIG.format(data=draw_clips(folder / "data")))
    assert main(["run", str(config), "--output", str(unbroken), "--quiet"]) == 0
    return SmallRuns(config, unbroken)
