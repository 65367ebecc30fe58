"""``init_from``: over the same base, what was learned goes on; over another it is refused in a line."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import DINOv3ViTModel

from tracknet_core.cli.main import main

LORA = ["lora.enabled=true", "lora.r=4"]
FROZEN = ["backbone.freeze=true"]
QLORA = [*LORA, "quantization.enabled=true"]
BARELY = ["training.optimizer.lr=1e-12", "training.optimizer.weight_decay=0", "training.epochs=1"]
"""Overrides under which a run ends where it began."""


@pytest.fixture(scope="module")
def adapted(bench) -> Path:
    return bench.run("adapted", LORA)


@pytest.fixture(scope="module")
def frozen(bench) -> Path:
    return bench.run("frozen", FROZEN)


def state(run: Path, file: str) -> dict[str, torch.Tensor]:
    return load_file(run / "checkpoints" / "best" / file)


def assert_close(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=0, atol=1e-8)


@pytest.mark.parametrize("words", [LORA, QLORA], ids=["lora", "qlora"])
def test_adapter_and_decoder_go_on(bench, adapted, words, request):
    name = f"from-adapted-{request.node.callspec.id}"
    run = bench.run(name, [*words, *BARELY, f"init_from={adapted}"])
    for file in ("model.safetensors", "adapter/adapter_model.safetensors"):
        assert_close(state(run, file), state(adapted, file))


def test_an_adapter_begins_anew_over_what_a_decoder_has_learned(bench, frozen):
    run = bench.run("lora-from-frozen", [*LORA, *BARELY, f"init_from={frozen}"])
    assert_close(state(run, "model.safetensors"), state(frozen, "model.safetensors"))
    adapter = state(run, "adapter/adapter_model.safetensors")
    assert all(bool((value.abs() < 1e-8).all()) for name, value in adapter.items() if "lora_B" in name)


def test_a_merged_run_is_a_base_to_start_from(bench, adapted, tmp_path):
    single = ["data.sequence.enabled=false", *LORA]
    run = bench.run("single", single)
    merged = tmp_path / "merged"
    assert main(["export", str(run), "--format", "merged", "--output", str(merged), "--quiet"]) == 0
    words = [f"pretrained_model_name={merged / 'base'}", f"init_from={merged}", *BARELY]
    again = bench.run("from-merged", [*single, *words])
    assert_close(state(again, "model.safetensors"), load_file(merged / "model.safetensors"))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["lora.enabled=true", "lora.r=8"], "holds another model"),
        (FROZEN, "holds another model"),
        ([], "tracknet export"),
    ],
    ids=["another rank", "no adapter", "the backbone trains"],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing(bench, adapted, capsys, tmp_path, words, says):
    bench.run(tmp_path / "refused", [*words, f"init_from={adapted}"], code=2)
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("init_from: ")
    assert says in error
    assert not (tmp_path / "refused").exists()


def test_another_base_is_refused(bench, adapted, capsys, tmp_path):
    other = tmp_path / "other"
    model = DINOv3ViTModel.from_pretrained(bench.base)
    model.norm.weight.data += 1
    model.save_pretrained(other)
    bench.run(tmp_path / "refused", [*LORA, f"pretrained_model_name={other}", f"init_from={adapted}"], code=2)
    assert "other backbone weights" in capsys.readouterr().err


def test_a_backbone_that_was_trained_is_no_base_for_an_adapter(bench, capsys, tmp_path):
    whole = bench.run("whole")
    capsys.readouterr()
    bench.run(tmp_path / "refused", [*LORA, f"init_from={whole}"], code=2)
    assert "other backbone weights" in capsys.readouterr().err
