"""A backbone that somebody writes today is adapted and quantized with no change anywhere else."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PYPROJECT = """
[build-system]
requires = ["hatchling>=1.26"]
build-backend = "hatchling.build"

[project]
name = "tracknet-mixer"
version = "1.0"
dependencies = ["tracknet-core"]

[project.entry-points.tracknet]
mixer = "tracknet_mixer"
"""

PLUGIN = """
from attrs import frozen

from tracknet_core import hookimpl
from tracknet_core.config.options import option
from tracknet_core.descriptors import Backbone


@frozen(kw_only=True)
class MixerConfig:
    freeze: bool = option(True, "Keep the weights as they are.")
    width: int = option(64, "Features of a token.", at_least=1)


def build(request):
    import torch
    from torch import nn

    class Mixer(nn.Module):
        channels = (request.config.width,)
        strides = (8,)
        pretrained_module = "network"
        lora_targets = ("mix",)
        never_quantize = ("cut",)
        weights_files = ()
        mean = (0.5, 0.5, 0.5)
        std = (0.25, 0.25, 0.25)

        def __init__(self):
            super().__init__()
            width = request.config.width
            self.network = nn.ModuleDict({
                "cut": nn.Linear(3 * request.frames * 64, width),
                "mix": nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, width)),
            })

        def forward(self, frames):
            cells = nn.functional.pixel_unshuffle(frames.flatten(1, 2), 8)
            tokens = self.network["cut"](cells.permute(0, 2, 3, 1))
            return [(tokens + self.network["mix"](tokens)).permute(0, 3, 1, 2)]

    return Mixer()


@hookimpl
def tracknet_register_backbones():
    yield Backbone(name="mixer", config=MixerConfig, build=build)
"""

CONFIG = """
model_name: mixer
decoder: {channels: [64, 16, 8], upsample: [2, 2], detail_channels: 8}
heatmap: {size: [32, 32], sigma: 1.0}
data:
  root: CLIPS
  preprocess: {resize: [64, 64]}
  sequence: {enabled: true, length: 3}
training: {batch_size: 4, epochs: 1, optimizer: {lr: 5.0e-3}, data_loader: {num_workers: 0}}
lora: {enabled: true, r: 4}
quantization: {enabled: true}
"""


@pytest.fixture(scope="module")
def tracknet(tmp_path_factory):
    """Install the plugin into a folder of its own; calls ``tracknet`` with it."""
    source, site = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    (source / "tracknet_mixer.py").write_text(PLUGIN)
    (source / "pyproject.toml").write_text(PYPROJECT)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--target", str(site)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(source)], check=True)

    def call(*words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "tracknet_core", *map(str, words)],
            env=os.environ | {"PYTHONPATH": str(site), "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return call


@pytest.fixture
def config(bench, tmp_path) -> Path:
    file = tmp_path / "mixer.yaml"
    file.write_text(CONFIG.replace("CLIPS", str(bench.clips)))
    return file


def test_it_trains_comes_back_and_is_merged(tracknet, config, tmp_path):
    run = tmp_path / "run"
    tracknet("run", config, "--output", run, "--quiet")
    written = json.loads((run / "metrics.json").read_text())
    measured = json.loads(tracknet("eval", run, "--json", "--quiet").stdout)
    assert measured["f1"] == written["f1"]
    adapter = json.loads((run / "checkpoints/best/adapter/adapter_config.json").read_text())
    assert sorted(adapter["target_modules"]) == ["mix.0", "mix.2"]
    parity = json.loads(tracknet("export", run, "--format", "merged", "--json", "--quiet").stdout)
    assert parity["heatmap_max_difference"] < 0.05


def test_a_way_of_quantizing_that_it_has_no_part_in_is_refused(tracknet, config):
    done = tracknet("check", config, "quantization.mode=hf", code=2)
    assert "quantization.mode: hf quantizes while transformers loads the weights" in done.stderr + done.stdout
    assert "Write mode: manual" in done.stderr + done.stdout
