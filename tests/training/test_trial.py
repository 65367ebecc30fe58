"""A trial trains and predicts as a run does, and counts what that takes."""

import json
from pathlib import Path

import pytest
import torch
from attrs import evolve

from tracknet_core.config.resolve import load_plan
from tracknet_core.model.assembly import assemble
from tracknet_core.model.checkpoint import load_checkpoint
from tracknet_core.progress import Silent
from tracknet_core.training.trial.__main__ import main
from tracknet_core.training.trial.prediction import try_prediction
from tracknet_core.training.trial.training import try_training

CONFIG = """
model_name: vit_heatmap
backbone:
  pretrained: false
  freeze: false
  config: {hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 128}
decoder: {channels: [64, 16, 8], upsample: [2, 2], detail_channels: 8}
heatmap: {size: [16, 16], sigma: 1.0}
data:
  root: nowhere
  preprocess: {resize: [64, 64]}
  sequence: {enabled: true, length: 3}
training: {batch_size: 4}
"""

LORA = ["lora.enabled=true", "lora.r=4"]
IN_4_BITS = [*LORA, "quantization.enabled=true"]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "config.yaml"
    file.write_text(CONFIG, encoding="utf-8")
    return file


@pytest.fixture
def trial(config, tmp_path):
    """Tries two steps of training; no data is anywhere."""

    def go(*overrides: str, name: str = "trial"):
        plan, _ = load_plan([config], overrides, machine=False)
        (tmp_path / name).mkdir()
        return plan, try_training(plan, tmp_path / name, base=tmp_path / "base", steps=2, progress=Silent())

    return go


def test_bytes_of_full_fine_tuning_follow_from_its_parameters(trial):
    plan, found = trial()
    assert len(found.step_seconds) == 2
    assert found.micro_batch_size == plan.training.batch_size
    assert found.gradient_bytes == 4 * found.trainable_parameters
    assert 8 * found.trainable_parameters <= found.optimizer_bytes < 9 * found.trainable_parameters
    buffers = sum(buffer.nbytes for buffer in assemble(plan).buffers())
    assert found.weights_bytes == 4 * found.total_parameters + buffers
    assert found.checkpoint_bytes > 4 * found.trainable_parameters


def test_an_adapter_holds_gradients_of_its_own_parameters_alone(trial):
    _, found = trial(*LORA)
    assert found.gradient_bytes == 4 * found.trainable_parameters
    assert found.trainable_parameters < found.total_parameters / 5


def test_packed_weights_take_less_and_count_their_scales(trial):
    _, plain = trial(*LORA)
    _, packed = trial(*IN_4_BITS, name="packed")
    assert packed.total_parameters == plain.total_parameters
    linear = 2 * (4 * 64 * 64 + 2 * 64 * 128)  # of two blocks: four projections and an MLP
    saved = plain.weights_bytes - packed.weights_bytes
    assert 3 * linear < saved < 3.5 * linear  # of 4 bytes half a one is left, and the scales


def test_the_checkpoint_is_one_that_predicts(trial, tmp_path):
    trial(*LORA)
    loaded = load_checkpoint(tmp_path / "trial" / "checkpoint")
    assert loaded.model.adapted
    found = try_prediction(tmp_path / "trial" / "checkpoint", passes=3)
    assert len(found.frames_per_second) == 3
    assert all(speed > 0 for speed in found.frames_per_second)


def test_trials_share_one_random_base(trial, tmp_path):
    plan, _ = trial()
    before = (tmp_path / "base" / "model.safetensors").read_bytes()
    trial("seed=1", name="other")
    assert (tmp_path / "base" / "model.safetensors").read_bytes() == before
    one = assemble(plan, base=tmp_path / "base")
    other = assemble(evolve(plan, seed=1), base=tmp_path / "base")
    for ours, theirs in zip(one.pretrained.parameters(), other.pretrained.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_a_base_that_would_be_unfrozen_later_trains_at_once(trial):
    _, kept = trial("backbone.freeze=true")
    _, thawed = trial("backbone.freeze=true", "training.backbone_freeze_epochs=1", name="thawed")
    assert kept.gradient_bytes < thawed.gradient_bytes == 4 * thawed.trainable_parameters


def test_the_module_leaves_its_result_in_the_folder(config, tmp_path):
    words = [str(config), str(tmp_path), "--base", str(tmp_path / "base"), "--steps", "1"]
    for name in ("base", "train", "predict", "tensors"):
        if name == "tensors":
            (tmp_path / "checkpoint").rename(tmp_path / "before")
        assert main([name, *words]) == 0
    found = {
        name: json.loads((tmp_path / f"{name}.json").read_text()) for name in ("base", "train", "tensors")
    }
    assert found["base"] == {"random": True}
    assert found["tensors"]["peak_tensor_bytes"] > found["train"]["weights_bytes"]


def test_what_cannot_be_built_is_said_in_a_line(config, tmp_path, capsys):
    config.write_text(CONFIG.replace("[16, 16]", "[24, 16]"), encoding="utf-8")
    assert main(["train", str(config), str(tmp_path), "--base", str(tmp_path / "base")]) == 2
    assert "heatmap.size" in capsys.readouterr().err
    assert not (tmp_path / "train.json").exists()
