"""Predicting folds an adapter into plain weights; over 4-bit weights it stays beside them."""

from pathlib import Path

import pytest
import torch
from torch import nn

from tracknet_core.inference.predictor import load
from tracknet_core.model.checkpoint import load_checkpoint

LORA = ["lora.enabled=true", "lora.r=4"]
IN_4_BITS = [*LORA, "quantization.enabled=true", "quantization.compute_dtype=float32"]


@pytest.fixture(scope="module")
def adapted(bench) -> Path:
    return bench.run("adapted", LORA)


def libraries(model: nn.Module) -> set[str]:
    return {type(module).__module__.partition(".")[0] for module in model.modules()}


def predicted(bench, run: Path) -> torch.Tensor:
    return load(run).run.engine.heatmaps(bench.frames().numpy())


def test_heatmaps_are_those_of_the_trained_model(bench, adapted):
    trained = bench.heatmaps(load_checkpoint(adapted).model).sigmoid()
    torch.testing.assert_close(predicted(bench, adapted), trained, atol=1e-5, rtol=0)


def test_no_layer_of_the_adapter_is_left(adapted):
    assert "peft" in libraries(load_checkpoint(adapted).model)
    assert "peft" not in libraries(load(adapted).run.engine.model)


def test_an_adapter_over_4_bit_weights_stays_beside_them(bench):
    run = bench.run("in-4-bits", IN_4_BITS)
    model = load(run).run.engine.model
    assert {"peft", "bitsandbytes"} <= libraries(model)
    assert model.adapted
    assert model.quantized
    trained = bench.heatmaps(load_checkpoint(run).model).sigmoid()
    torch.testing.assert_close(predicted(bench, run), trained, atol=1e-6, rtol=0)
