"""A merged export predicts what the run did, with plain weights alone."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModel

from tracknet_core.cli.main import main
from tracknet_core.model.checkpoint import load_checkpoint

LORA = ["lora.enabled=true", "lora.r=4"]
SINGLE = ["data.sequence.enabled=false"]
FLOAT32 = ["quantization.enabled=true", "quantization.compute_dtype=float32"]

CASES = {
    "lora": (LORA, 1e-5),
    "lora of single frames": ([*LORA, *SINGLE], 1e-5),
    "dora": ([*LORA, "lora.use_dora=true"], 1e-5),
    "biases": ([*LORA, "lora.bias=all"], 1e-5),
    "qlora manual": ([*LORA, *FLOAT32], 1e-4),
    "qlora hf": ([*LORA, *FLOAT32, "quantization.mode=hf"], 1e-4),
    "qlora bfloat16": ([*LORA, "quantization.enabled=true", "quantization.quant_type=fp4"], 0.05),
    "quantized alone": (FLOAT32, 1e-4),
    "everything trained": ([], 1e-5),
    "decoder alone": (["backbone.freeze=true"], 1e-6),
}


@pytest.fixture(scope="module", params=CASES)
def exported(request, bench) -> tuple[Path, Path, float]:
    """A run, its export, and how far the heatmaps may be apart."""
    words, tolerance = CASES[request.param]
    run = bench.run(request.param.replace(" ", "-"), words)
    assert main(["export", str(run), "--format", "merged", "--quiet"]) == 0
    return run, run / "merged", tolerance


def test_it_predicts_what_the_run_did(bench, exported):
    run, merged, tolerance = exported
    before, after = (load_checkpoint(one) for one in (run, merged))
    apart = (bench.heatmaps(before.model).sigmoid() - bench.heatmaps(after.model).sigmoid()).abs().max()
    assert apart <= tolerance
    assert after.threshold == before.threshold


def test_the_report_says_how_close_it_is(exported):
    _, merged, tolerance = exported
    parity = json.loads((merged / "parity.json").read_text())
    assert 0 <= parity["heatmap_mean_difference"] <= parity["heatmap_max_difference"] <= tolerance
    assert parity["compared_on"] == "test"
    assert {"run", "exported"} == parity["metrics"].keys()
    assert abs(parity["metrics"]["run"]["f1"] - parity["metrics"]["exported"]["f1"]) <= 0.2


def test_nothing_of_adapter_or_quantizer_is_left(exported):
    _, merged, _ = exported
    model = load_checkpoint(merged).model
    modules = {type(module).__module__.partition(".")[0] for module in model.modules()}
    assert not modules & {"peft", "bitsandbytes"}
    assert not (merged / "adapter").exists()
    assert "lora" not in (merged / "config.yaml").read_text()


def test_its_base_is_a_plain_model(exported):
    _, merged, _ = exported
    plain = AutoModel.from_pretrained(merged / "base")
    inside = load_checkpoint(merged).model.pretrained.state_dict()
    for name, value in plain.state_dict().items():
        if "patch_embeddings.weight" not in name or plain.config.num_channels * 3 != inside[name].shape[1]:
            assert torch.equal(inside[name], value), name


def test_it_stands_alone(exported, tmp_path):
    _, merged, _ = exported
    moved = merged.rename(tmp_path / "moved")
    try:
        facts = json.loads((moved / "tracknet.json").read_text())
        (moved / "tracknet.json").write_text(json.dumps({**facts, "base": {**facts["base"], "id": None}}))
        load_checkpoint(moved)
    finally:
        (moved / "tracknet.json").write_text(json.dumps(facts))
        moved.rename(merged)


def test_a_base_that_was_merged_into_differs_from_the_original(bench):
    run = bench.run("differs", [*LORA, *SINGLE])
    assert main(["export", str(run), "--format", "merged", "--quiet"]) == 0
    before, after = (load_file(folder / "model.safetensors") for folder in (bench.base, run / "merged/base"))
    ours = {name.removeprefix("model."): value for name, value in after.items()}
    changed = {name for name, value in before.items() if not torch.equal(ours[name], value)}
    assert {name.split(".")[-2] for name in changed} == {"q_proj", "k_proj", "v_proj", "o_proj"}


def test_an_existing_folder_is_not_replaced(bench, capsys, tmp_path):
    run = bench.run("existing", LORA)
    (tmp_path / "there").write_text("mine")
    assert main(["export", str(run), "--format", "merged", "--output", str(tmp_path)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert (tmp_path / "there").read_text() == "mine"


def test_a_run_that_is_not_there_leaves_no_folder(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["export", "nowhere", "--format", "merged"]) == 2
    assert "no checkpoint there" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_is_named(bench, capsys):
    assert main(["export", str(bench.folder), "--format", "merge"]) == 2
    assert "merged" in capsys.readouterr().err


def test_without_its_data_an_export_has_no_metrics_and_says_so(bench, capsys, tmp_path):
    run = bench.run("no-data", LORA)
    config = run / "checkpoints" / "best" / "config.yaml"
    config.write_text(config.read_text().replace(str(bench.clips), str(tmp_path / "gone")))
    assert main(["export", str(run), "--format", "merged"]) == 0
    assert "no metrics" in capsys.readouterr().err
    assert json.loads((run / "merged" / "parity.json").read_text())["metrics"] is None
