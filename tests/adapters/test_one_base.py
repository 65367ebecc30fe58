"""Adapters share their base: it is never copied, never changed, and must stay what it was."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import DINOv3ViTConfig, DINOv3ViTModel

import tracknet_core
from tracknet_core.cli.main import main
from tracknet_core.config.resolve import load_plan
from tracknet_core.model.assembly import assemble
from tracknet_core.model.base import fingerprint
from tracknet_core.model.checkpoint import load_checkpoint, write_checkpoint
from tracknet_core.training.result import count_parameters

LORA = ["lora.enabled=true", "lora.r=4"]
QUANTIZED = ["quantization.enabled=true"]


@pytest.fixture(scope="module")
def venues(bench):
    """Two runs over one base, on different seeds."""
    before = dict(fingerprint(bench.base.glob("*.safetensors")))
    runs = [bench.run(f"venue-{seed}", [*LORA, *QUANTIZED, f"seed={seed}"]) for seed in (1, 2)]
    assert dict(fingerprint(bench.base.glob("*.safetensors"))) == before
    return runs


def test_several_adapters_live_over_one_base_without_touching_each_other(bench, venues):
    first, second = (load_checkpoint(run) for run in venues)
    alone = [bench.heatmaps(loaded.model) for loaded in (first, second)]
    assert not torch.equal(*alone)
    assert [first.base, second.base] == [dict(fingerprint(bench.base.glob("*.safetensors")))] * 2
    predictors = [tracknet_core.load(run, device="cpu") for run in venues]
    again = [bench.heatmaps(predictor.run.engine.model) for predictor in predictors]
    assert all(torch.equal(a, b) for a, b in zip(alone, again, strict=True))


def test_a_checkpoint_holds_no_base_weights(venues):
    for run in venues:
        assert not (run / "base").exists()
        checkpoint = run / "checkpoints" / "best"
        names = set(load_file(checkpoint / "model.safetensors"))
        assert {name.split(".")[0] for name in names} == {"decoder", "stem"}
        adapter = set(load_file(checkpoint / "adapter" / "adapter_model.safetensors"))
        assert {name.split(".")[-2] for name in adapter} == {"lora_A", "lora_B"}


@pytest.mark.parametrize("words", [["eval"], ["predict"]], ids=lambda words: words[0])
def test_over_a_changed_base_nothing_is_loaded(bench, tmp_path, capsys, words):
    copy = tmp_path / "copy"
    shutil.copytree(bench.base, copy)
    run = bench.run(tmp_path / "run", [*LORA, f"pretrained_model_name={copy}"])
    weights = load_file(copy / "model.safetensors")
    name = next(iter(sorted(weights)))
    save_file({**weights, name: weights[name] + 1e-3}, copy / "model.safetensors", metadata={"format": "pt"})
    capsys.readouterr()
    source = [str(bench.clips / "game1" / "Clip1")] if words == ["predict"] else []
    assert main([*words, str(run), *source]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert "other base weights" in error
    assert "sha256 in tracknet.json" in error


def test_a_damaged_adapter_is_refused_in_a_line(bench, tmp_path, capsys):
    run = tmp_path / "run"
    shutil.copytree(bench.run("sound", LORA), run)
    file = run / "checkpoints" / "best" / "adapter" / "adapter_model.safetensors"
    file.write_bytes(file.read_bytes()[:-64])
    capsys.readouterr()
    assert main(["eval", str(run)]) == 2
    assert str(file) in capsys.readouterr().err


@pytest.mark.parametrize("quantized", [[], QUANTIZED], ids=["lora", "qlora"])
def test_at_the_size_of_vit_small_adapter_and_checkpoint_are_a_twentieth(tmp_path, quantized):
    torch.manual_seed(0)
    base = tmp_path / "vits16"
    config = DINOv3ViTConfig(num_register_tokens=4)  # the defaults are those of ViT-S/16
    DINOv3ViTModel(config).save_pretrained(base)
    file = tmp_path / "config.yaml"
    file.write_text(f"model_name: vit_heatmap\npretrained_model_name: {base}\nbackbone: {{freeze: false}}\n")
    plan, _ = load_plan([file], ["lora.enabled=true", "lora.r=16", *quantized], machine=False)
    model = assemble(plan)
    trainable, total = count_parameters(model, plan)
    assert total > 21e6
    assert trainable / total <= 0.05
    checkpoint = tmp_path / "checkpoint"
    checkpoint.mkdir()
    write_checkpoint(checkpoint, model, plan, base=tmp_path / "none", threshold=0.5, metrics={}, step=0)
    size = sum(entry.stat().st_size for entry in checkpoint.rglob("*") if entry.is_file())
    assert size / (base / "model.safetensors").stat().st_size <= 0.05
    assert json.loads((checkpoint / "tracknet.json").read_text())["base"]["folder"] is None
