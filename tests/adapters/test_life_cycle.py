"""Every combination trains, comes back exactly, goes on from where it was, and predicts."""

import csv
import json
import os
import signal
from itertools import product
from pathlib import Path

import pytest
import torch
from attrs import frozen
from safetensors.torch import load_file

from tracknet_core.cli.main import main
from tracknet_core.model.checkpoint import load_checkpoint
from tracknet_core.training import session
from tracknet_core.training.trainer import HeatmapTrainer

LORA = ["lora.enabled=true", "lora.r=4"]
QUANTIZED = {
    f"{mode}-{kind}": [
        "quantization.enabled=true",
        f"quantization.mode={mode}",
        f"quantization.quant_type={kind}",
    ]
    for mode, kind in product(("manual", "hf"), ("nf4", "fp4"))
}
COMBINATIONS = {
    "neither": [],
    "lora": LORA,
    **{f"quantized-{name}": words for name, words in QUANTIZED.items()},
    **{f"qlora-{name}": [*LORA, *words] for name, words in QUANTIZED.items()},
}


@frozen
class Trained:
    """A run of one combination.

    Attributes:
        name: Of the combination.
        words: The overrides that make it.
        run: The run's folder.
        heatmaps: What the model predicted when ``best`` and ``last`` were written last.
    """

    name: str
    words: list[str]
    run: Path
    heatmaps: dict[str, torch.Tensor]


@pytest.fixture(scope="module", params=COMBINATIONS)
def trained(request, bench) -> Trained:
    name, words, heatmaps = request.param, COMBINATIONS[request.param], {}
    write = session.write_checkpoint

    def write_and_look(folder, model, *rest, **named):
        was_training = model.training
        heatmaps["best" if "best" in folder.name else "last"] = bench.heatmaps(model.eval())
        model.train(was_training)
        write(folder, model, *rest, **named)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(session, "write_checkpoint", write_and_look)
        run = bench.run(name, words)
    return Trained(name=name, words=words, run=run, heatmaps=heatmaps)


@pytest.mark.parametrize("kind", ["best", "last"])
def test_what_comes_back_predicts_what_was_saved(bench, trained, kind):
    loaded = load_checkpoint(trained.run / "checkpoints" / kind)
    assert torch.equal(bench.heatmaps(loaded.model), trained.heatmaps[kind])


def test_the_kind_of_layers_is_the_one_that_was_asked_for(trained):
    model = load_checkpoint(trained.run).model
    layers = {type(module).__module__.partition(".")[0] for module in model.modules()}
    assert ("bitsandbytes" in layers) == ("quantization.enabled=true" in trained.words)
    assert ("peft" in layers) == ("lora.enabled=true" in trained.words)


def test_measured_again_it_gives_the_metrics_of_training(trained, capsys):
    assert main(["eval", str(trained.run), "--json", "--quiet"]) == 0
    measured = json.loads(capsys.readouterr().out)
    written = json.loads((trained.run / "metrics.json").read_text())
    same = measured.keys() - {"frames_per_second", "peak_memory_bytes"}
    assert {key: measured[key] for key in same} == {key: written[key] for key in same}


def test_it_follows_the_ball_through_every_frame(bench, trained, tmp_path):
    clip = bench.clips / "game1" / "Clip1"
    assert main(["predict", str(trained.run), str(clip), "--output", str(tmp_path), "--quiet"]) == 0
    with (tmp_path / "Clip1_ball.csv").open(newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 18


def test_interrupted_and_resumed_it_ends_in_the_same_bits(bench, trained, monkeypatch):
    name = f"{trained.name}-interrupted"
    with monkeypatch.context() as patched:
        _interrupt_at_step(6, patched)
        bench.run(name, trained.words, code=130)
    resumed = bench.run(name, [*trained.words, "--resume"])
    for kind, file in product(("last", "best"), ("model.safetensors", "adapter/adapter_model.safetensors")):
        ours, theirs = (run / "checkpoints" / kind / file for run in (resumed, trained.run))
        assert ours.exists() == theirs.exists()
        if ours.exists():
            found, expected = load_file(ours), load_file(theirs)
            assert found.keys() == expected.keys()
            assert all(torch.equal(found[key], expected[key]) for key in found), (kind, file)


def _interrupt_at_step(step: int, patched: pytest.MonkeyPatch) -> None:
    training_step, taken = HeatmapTrainer.training_step, [0]

    def watched(self, *arguments):
        taken[0] += 1
        if taken[0] == step:
            os.kill(os.getpid(), signal.SIGINT)
        return training_step(self, *arguments)

    patched.setattr(HeatmapTrainer, "training_step", watched)
