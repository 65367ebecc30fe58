"""``tracknet estimate`` tells what training takes, without weights, data or a GPU."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tracknet_core.cli.main import main
from tracknet_core.config.document import dump
from tracknet_core.config.resolve import load_plan
from tracknet_core.progress import Silent
from tracknet_core.training.compare.processes import do
from tracknet_core.training.estimate.ledger import Part
from tracknet_core.training.estimate.outcomes import Outcomes
from tracknet_core.training.estimate.rehearsal import Rehearsal, rehearse
from tracknet_core.training.trial.tensors import LiveTensors
from tracknet_core.training.trial.training import TrainingTrial, try_training

CONFIG = """
model_name: vit_heatmap
backbone:
  pretrained: false
  freeze: false
  config: {hidden_size: 128, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 256}
decoder: {channels: [128, 32, 16], upsample: [2, 2], detail_channels: 8}
heatmap: {size: [32, 16], sigma: 1.0}
data:
  root: nowhere
  preprocess: {resize: [128, 64]}
training: {batch_size: 4}
"""

KNOWN = """
model_name: vit_heatmap
pretrained_model_name: facebook/dinov3-vit7b16-pretrain-lvd1689m
decoder: {channels: null}
data: {root: nowhere}
lora: {enabled: true}
quantization: {enabled: true}
training: {batch_size: 8, precision: bf16}
"""

LORA = ["lora.enabled=true"]
IN_4_BITS = [*LORA, "quantization.enabled=true"]
WHOLE = "training.micro_batch_size=4"

PLAIN_PATCHES = 4 * 128 * 3 * 16 * 16
"""Bytes of the patch embedding that the backbone keeps to save its base; no parameter."""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "known.yaml").write_text(KNOWN, encoding="utf-8")
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    return tmp_path / "config.yaml"


def both(config: Path, overrides: list[str]) -> tuple[Rehearsal, TrainingTrial, int]:
    """Rehearse a run, and really train it while all tensors are counted."""
    plan, _ = load_plan([config], overrides, machine=False)
    with LiveTensors() as live:
        trial = try_training(plan, config.parent, base=None, steps=2, progress=Silent())
    return rehearse(plan, "cpu", Outcomes(), resident=False), trial, live.peak


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["training.precision=bf16", "training.gradient_checkpointing=true"],
        ["training.optimizer.name=sgd", "training.loss.name=wbce", "decoder.use_se=true"],
        ["data.sequence={enabled: true, length: 3}", "training.micro_batch_size=1", "decoder.norm=bn"],
        ["backbone.freeze=true", "training.precision=bf16"],
        ["backbone.freeze=true", "training.backbone_freeze_epochs=1"],
        [*LORA, "training.precision=bf16", WHOLE],
        [*LORA, "lora.use_dora=true", WHOLE],
        [*LORA, "training.precision=bf16"],
        [*IN_4_BITS, WHOLE],
        [*IN_4_BITS, "training.precision=bf16", "training.gradient_checkpointing=true"],
    ],
)
def test_as_many_bytes_of_tensors_are_alive_as_in_real_training(config: Path, overrides: list[str]) -> None:
    told, trial, peak = both(config, overrides)
    assert told.peak_tensor_bytes == pytest.approx(peak, rel=0.02)
    assert told.trainable_parameters == trial.trainable_parameters
    assert told.total_parameters == trial.total_parameters
    assert told.windows == trial.micro_batch_size
    assert told.recomputes == trial.gradient_checkpointing


@pytest.mark.parametrize("overrides", [[], LORA, IN_4_BITS, ["backbone.freeze=true"]])
def test_parts_are_those_that_a_trial_counts(config: Path, overrides: list[str]) -> None:
    told, trial, _ = both(config, overrides)
    parts = told.peak.parts
    held = trial.weights_bytes + PLAIN_PATCHES
    assert parts[Part.WEIGHTS] + parts[Part.ADAPTER] == pytest.approx(held, rel=0.01)
    assert parts[Part.OPTIMIZER] == trial.optimizer_bytes
    assert parts[Part.GRADIENTS] <= trial.gradient_bytes
    assert bool(parts[Part.ADAPTER]) == bool(overrides and "lora" in overrides[0])
    assert told.checkpoint_bytes == pytest.approx(
        trial.checkpoint_bytes, rel=0.2
    )  # names and settings besides


def test_4_bit_weights_are_as_large_whichever_way_they_are_made(config: Path) -> None:
    known = config.parent / "known.yaml"
    weights = []
    for mode in ("manual", "hf"):
        words = [f"quantization.mode={mode}", "backbone.config={num_hidden_layers: 2}"]
        plan, _ = load_plan([known], words, machine=False)
        weights.append(rehearse(plan, "cuda", Outcomes(), resident=False).peak.parts[Part.WEIGHTS])
    assert weights[0] == weights[1]


def test_a_gpu_keeps_norms_in_float32(config: Path) -> None:
    plan, _ = load_plan([config], ["training.precision=bf16", "backbone.freeze=true"], machine=False)
    cpu, gpu = (rehearse(plan, device, Outcomes(), resident=False) for device in ("cpu", "cuda"))
    assert gpu.peak.parts[Part.ACTIVATIONS] > 1.2 * cpu.peak.parts[Part.ACTIVATIONS]
    again = rehearse(plan, "cpu", Outcomes(), resident=False)
    assert again.peak == cpu.peak  # nothing of the GPU's rules is left


def estimate(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    assert main(["estimate", *words, "--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_7b_model_on_a_gpu_of_24_gib(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = estimate(capsys, "known.yaml", "--gpu", "24GiB")
    assert found["fits"] is True
    assert found["memory_bytes"] == 24 * 2**30
    assert sum(found["parts"].values()) == found["peak_bytes"]
    assert 6.7e9 < found["total_parameters"] < 6.8e9
    assert found["parts"]["weights"] < 0.6 * found["total_parameters"]
    assert found["remedies"] == []


@pytest.mark.skipif(sys.platform != "linux", reason="resident memory is foretold for glibc's heap")
def test_on_a_cpu_parts_are_those_of_the_fullest_moment(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = estimate(capsys, "config.yaml", *LORA)
    assert found["peak_is_reached"] == "in training"
    assert found["parts"]["activations"] > found["parts"]["adapter"] > 0
    assert found["parts"]["allocator"] > 0
    assert sum(found["parts"].values()) == found["peak_bytes"]


def test_remedies_are_tried_until_it_fits(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wide = ["backbone.config.hidden_size=512", "decoder.channels=null"]
    larger = estimate(capsys, "config.yaml", *wide, "--gpu", "1GiB")
    room = (larger["peak_bytes"] - 20 * 2**20) // 2**20
    found = estimate(capsys, "config.yaml", *wide, "--gpu", f"{room}MiB", code=1)
    assert found["fits"] is False
    assert [each["fits"] for each in found["remedies"]] == [False] * (len(found["remedies"]) - 1) + [True]
    assert found["remedies"][0]["overrides"] == ["lora.enabled=true", "quantization.enabled=true"]
    again = estimate(capsys, "config.yaml", *wide, *found["add"], "--gpu", f"{room}MiB")
    assert again["peak_bytes"] == found["remedies"][-1]["peak_bytes"]


def test_what_no_remedy_mends_is_said(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["estimate", "config.yaml", "training.gradient_checkpointing=true", "--gpu", "100MiB"]) == 1
    out = capsys.readouterr().out
    assert "does not fit a GPU of 0.1 GiB" in out or "does not fit a GPU of 100.0 MiB" in out
    assert "no remedy is enough" in out


@pytest.mark.parametrize("size", ["much", "0", "8 apples", ""])
def test_a_size_that_is_none_is_refused(config: Path, size: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["estimate", "config.yaml", "--gpu", size]) == 2
    assert capsys.readouterr().err.startswith("--gpu: ")


def test_a_model_that_nobody_knows_is_refused(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["known.yaml", "pretrained_model_name=somebody/vit", "--gpu", "8GiB"]
    assert main(["estimate", *words]) == 2
    assert "somebody/vit is neither a folder" in capsys.readouterr().err


def test_errors_in_the_config_are_those_of_check(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["estimate", "config.yaml", "training.batch_size=0"]) == 2
    assert "training.batch_size" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="resident memory is foretold for glibc's heap")
@pytest.mark.parametrize("overrides", [[], [*LORA, "training.precision=bf16"], [*IN_4_BITS, WHOLE]])
def test_resident_memory_is_foretold(config: Path, overrides: list[str]) -> None:
    size = ["data.preprocess.resize=[512, 288]", "heatmap.size=[128, 72]"]
    plan_words = [*overrides, *size]
    command = [sys.executable, "-m", "tracknet_core", "estimate", str(config), *plan_words, "--json"]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    resolved, base = config.parent / "resolved.yaml", config.parent / "base"
    resolved.write_text(dump(load_plan([config], plan_words, machine=False)[0]), encoding="utf-8")
    measured = do("train", config=resolved, folder=config.parent, base=base, steps=3)["peak_memory_bytes"]
    assert told["peak_bytes"] == pytest.approx(measured, rel=0.1)
