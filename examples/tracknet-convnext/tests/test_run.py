"""Runs from the command line: what trains, what is saved, and that a run comes back as it was.

They need tracknet-lora and tracknet-quant.
"""

import json

import pytest
from safetensors.torch import load_file

from tracknet_core.cli.main import main

CONFIG = """
model_name: convnext_fpn_heatmap
fpn: {{out_channels: 16}}
decoder: {{channels: [16, 16, 16, 8, 8], upsample: [2, 2, 2, 2], detail_channels: 8}}
heatmap: {{size: [64, 32], sigma: 1.0}}
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
LORA = ("lora.enabled=true", "lora.r=4", "backbone.freeze=false")
RANDOM = (
    "backbone.pretrained=false",
    "backbone.config={hidden_sizes: [64, 64, 128, 128], depths: [1, 1, 1, 1]}",
)


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


@pytest.fixture
def train(config, tmp_path, capsys):
    """Train with overrides, hold what the loaded run measures to what the run measured, give the run."""

    def train(*overrides):
        run = tmp_path / "run"
        code = main(["run", str(config), *overrides, "--output", str(run), "--quiet"])
        said = capsys.readouterr()
        assert code == 0, said.err
        assert main(["eval", str(run), "--json", "--quiet"]) == 0
        again, measured = (
            json.loads(text) for text in (capsys.readouterr().out, (run / "metrics.json").read_text())
        )
        same = ("frames", "tp", "tn", "fp1", "fp2", "fn", "ap", "rmse_px")
        assert {key: again[key] for key in same} == {key: measured[key] for key in same}
        assert measured["rmse_px"] > 0  # places were compared
        return run

    return train


def trained(run):
    """Names of the parts that the checkpoint holds weights of."""
    names = load_file(run / "checkpoints/best/model.safetensors")
    return {".".join(name.split(".")[: 2 if name.startswith("backbone") else 1]) for name in names}


def test_over_a_frozen_backbone_pyramid_and_decoder_train(train, save):
    run = train(f"pretrained_model_name={save('dinov3_convnext')}")
    assert trained(run) == {"backbone.pyramid", "decoder", "stem"}
    assert not (run / "base").exists()


def test_random_weights_train_as_well_and_are_kept_with_the_run(train):
    run = train(*RANDOM, "backbone.freeze=false")
    assert trained(run) == {"backbone.model", "backbone.pyramid", "decoder", "stem"}
    assert (run / "base/model.safetensors").is_file()
    assert json.loads((run / "base/config.json").read_text())["num_channels"] == 3


def test_lora_trains_beside_the_pyramid(train, save):
    run = train(f"pretrained_model_name={save('convnext')}", *LORA)
    assert trained(run) == {"backbone.pyramid", "decoder", "stem"}
    adapted = adapted_layers(run)
    assert len([name for name in adapted if "pwconv" in name]) == 2 * 5
    assert [name for name in adapted if "pwconv" not in name] == ["embeddings.patch_embeddings"]


@pytest.mark.parametrize(
    ("family", "mode"), [("dinov3_convnext", "manual"), ("dinov3_convnext", "hf"), ("convnext", "hf")]
)
def test_lora_trains_over_4_bit_weights(train, save, family, mode):
    quantization = ("quantization.enabled=true", f"quantization.mode={mode}")
    run = train(f"pretrained_model_name={save(family)}", *LORA, *quantization)
    assert trained(run) == {"backbone.pyramid", "decoder", "stem"}
    assert len(adapted_layers(run)) == 2 * 5 + 1


def test_random_weights_are_quantized_after_they_are_saved(train):
    run = train(*RANDOM, *LORA, "quantization.enabled=true")
    saved = load_file(run / "base/model.safetensors")
    assert saved["stages.3.layers.0.pointwise_conv1.weight"].shape == (512, 128)


def test_random_weights_cannot_be_quantized_while_they_load(config, capsys):
    asked = [*RANDOM, *LORA, "quantization.enabled=true", "quantization.mode=hf"]
    assert main(["check", str(config), *asked]) == 2
    assert "Set quantization.mode: manual" in capsys.readouterr().err


def adapted_layers(run):
    """Names of the layers that the saved adapter acts on."""
    names = load_file(run / "checkpoints/best/adapter/adapter_model.safetensors")
    return {name.removeprefix("base_model.model.").partition(".lora_")[0] for name in names}
