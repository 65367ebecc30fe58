"""Runs from the command line. They need tracknet-lora and tracknet-quant."""

import json

import pytest
from safetensors.torch import load_file

from tracknet_core.cli.main import main

CONFIG = """
model_name: unet_heatmap
backbone: {{width: 4}}
decoder: {{channels: [32, 16, 8, 8], detail_channels: 0}}
heatmap: {{size: [128, 64], sigma: 1.0}}
data:
  root: {data}
  preprocess: {{resize: [128, 64]}}
  sequence: {{enabled: true, length: 3}}
training:
  batch_size: 2
  epochs: 1
  limit_train_batches: 2
  limit_val_batches: 1
  data_loader: {{num_workers: 0}}
evaluation: {{threshold: 0.001}}
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    synth = [
        "synth",
        str(folder / "data"),
        "--games",
        "3",
        "--clips",
        "1",
        "--frames",
        "6",
        "--size",
        "128x64",
    ]
    assert main([*synth, "--no-video", "--quiet"]) == 0
    file = folder / "config.yaml"
    file.write_text(CONFIG.format(data=folder / "data"))
    return file


@pytest.mark.parametrize(
    ("overrides", "trained"),
    [((), {"backbone", "decoder"}), (("lora.enabled=true", "lora.r=2"), {"decoder"})],
)
def test_a_run_comes_back_as_it_was(config, tmp_path, capsys, overrides, trained):
    run = tmp_path / "run"
    assert main(["run", str(config), *overrides, "--output", str(run), "--quiet"]) == 0
    capsys.readouterr()
    assert main(["eval", str(run), "--json", "--quiet"]) == 0
    again = json.loads(capsys.readouterr().out)
    measured = json.loads((run / "metrics.json").read_text())
    same = ("frames", "tp", "tn", "fp1", "fp2", "fn", "ap", "rmse_px")
    assert {key: again[key] for key in same} == {key: measured[key] for key in same}
    assert measured["rmse_px"] > 0  # places were compared
    weights = load_file(run / "checkpoints/best/model.safetensors")
    assert {name.partition(".")[0] for name in weights} == trained


def test_lora_acts_on_every_convolution(config, tmp_path):
    run = tmp_path / "run"
    assert main(["run", str(config), "lora.enabled=true", "lora.r=2", "--output", str(run), "--quiet"]) == 0
    adapter = load_file(run / "checkpoints/best/adapter/adapter_model.safetensors")
    assert len([name for name in adapter if ".lora_A." in name]) == 2 + 2 + 3 + 3


def test_quantization_is_refused_with_the_reason(config, capsys):
    assert main(["check", str(config), "quantization.enabled=true"]) == 2
    said = capsys.readouterr().err
    assert "4-bit weights are for linear layers, and the backbone has none" in said
