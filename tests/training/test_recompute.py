"""Gradient checkpointing, and frozen weights in half the bytes, on a ViT."""

from pathlib import Path

import pytest
import torch

from tracknet_core.config.problems import UserError
from tracknet_core.config.resolve import load_plan
from tracknet_core.model.arithmetic import autocast_dtype
from tracknet_core.model.assembly import assemble
from tracknet_core.training.recompute import hold_frozen, recompute_activations

CONFIG = """
model_name: vit_heatmap
backbone:
  pretrained: false
  freeze: {freeze}
  config: {{hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 48}}
decoder: {{channels: [32, 16, 8], upsample: [2, 2], detail_channels: {detail}, norm: {norm}}}
heatmap: {{size: [16, 16]}}
data: {{preprocess: {{resize: [64, 64]}}}}
training: {{gradient_checkpointing: true, backbone_freeze_epochs: {unfreeze}, precision: {precision}}}
"""


@pytest.fixture
def plan_and_model(tmp_path: Path):
    def make(
        *, freeze: bool = False, unfreeze: int = 0, detail: int = 0, norm: str = "gn", precision: str = "fp32"
    ):
        file = tmp_path / "config.yaml"
        settings = {"freeze": str(freeze).lower(), "unfreeze": unfreeze, "detail": detail, "norm": norm}
        file.write_text(CONFIG.format(precision=precision, **settings))
        plan, _ = load_plan([file], machine=False)
        return plan, assemble(plan)

    return make


def forwards_of_first_attention(model) -> int:
    """How often the first layer's attention runs in a forward and a backward."""
    calls = []
    attention = next(m for name, m in model.pretrained.named_modules() if name.endswith("0.attention"))
    attention.register_forward_hook(lambda *_: calls.append(1))
    model(torch.zeros(1, 1, 3, 64, 64, dtype=torch.uint8)).sum().backward()
    return len(calls)


def test_layers_compute_their_activations_again(plan_and_model):
    plan, model = plan_and_model()
    assert len(recompute_activations(model, plan)) == 2
    model.train()
    assert forwards_of_first_attention(model) == 2


def test_without_it_they_do_not(plan_and_model):
    assert forwards_of_first_attention(plan_and_model()[1].train()) == 1


def test_under_an_adapter_only_the_layers_themselves_are_in_training_mode(plan_and_model):
    plan, model = plan_and_model()
    model.adapted = True
    model.keep_in_eval(tuple(model.pretrained.modules()))
    layers = recompute_activations(model, plan)
    model.train()
    for layer in layers:
        layer.training = True
    assert forwards_of_first_attention(model) == 2
    assert {m for m in model.pretrained.modules() if m.training} == set(layers)


def test_a_backbone_that_stays_frozen_keeps_nothing_to_compute_again(plan_and_model):
    plan, model = plan_and_model(freeze=True)
    assert recompute_activations(model, plan) == ()


def test_one_that_is_unfrozen_later_will_recompute(plan_and_model):
    plan, model = plan_and_model(freeze=True, unfreeze=1)
    assert len(recompute_activations(model, plan)) == 2
    model.unfreeze_backbone()
    model.train()
    assert forwards_of_first_attention(model) == 2


def test_a_backbone_that_cannot_is_a_clear_error(plan_and_model):
    plan, model = plan_and_model()
    model.replace_pretrained(torch.nn.Conv2d(3, 3, 1))
    with pytest.raises(UserError, match="Conv2d does not support it"):
        recompute_activations(model, plan)


def step(model, frames):
    """Logits of some windows, and the gradients of everything that trains."""
    model.zero_grad()
    logits = model(frames)
    logits.square().mean().backward()
    return [logits.detach(), *(p.grad for p in model.parameters() if p.grad is not None)]


def kept_for_backward(model, frames) -> int:
    """Bytes that a forward keeps for the backward pass, each storage once."""
    kept = {}

    def note(tensor):
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        model(frames)
    return sum(kept.values())


def windows(count: int = 5) -> torch.Tensor:
    numbers = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (count, 1, 3, 64, 64), dtype=torch.uint8, generator=numbers)


def test_decoder_and_stem_compute_theirs_again_and_learn_the_same(plan_and_model):
    plan, model = plan_and_model(freeze=True, detail=8)
    model.train()
    expected, kept = step(model, windows()), kept_for_backward(model, windows())
    recompute_activations(model, plan)
    for one, other in zip(step(model, windows()), expected, strict=True):
        torch.testing.assert_close(one, other)
    assert kept_for_backward(model, windows()) < kept / 3


def test_batch_norm_does_not_count_its_batches_twice(plan_and_model):
    plan, model = plan_and_model(freeze=True, norm="bn")
    recompute_activations(model, plan)
    model.train()
    step(model, windows())
    norms = [m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert {int(norm.num_batches_tracked) for norm in norms} == {1}


CPU = torch.device("cpu")


def in_bfloat16(model, frames):
    with torch.autocast("cpu", torch.bfloat16):
        return model(frames)


def test_frozen_matrices_are_held_as_they_are_multiplied_and_answer_the_same(plan_and_model):
    plan, model = plan_and_model(freeze=True, precision="bf16")
    expected = in_bfloat16(model, windows())
    hold_frozen(model, plan, CPU)
    held = {name: p.dtype for name, p in model.pretrained.named_parameters() if p.dtype != torch.float32}
    if autocast_dtype("bf16", CPU) is None:
        assert not held  # this processor computes in float32
        return
    assert set(held.values()) == {torch.bfloat16}
    assert all(model.pretrained.get_parameter(name).ndim > 1 for name in held if name.endswith("weight"))
    assert torch.equal(in_bfloat16(model, windows()), expected)


@pytest.mark.parametrize(
    "settings", [{"freeze": False}, {"freeze": True, "unfreeze": 1}, {"freeze": True, "precision": "fp32"}]
)
def test_what_trains_now_or_later_or_in_float32_stays_float32(plan_and_model, settings):
    plan, model = plan_and_model(**{"precision": "bf16", **settings})
    hold_frozen(model, plan, CPU)
    assert {p.dtype for p in model.pretrained.parameters() if p.ndim > 1 and p.requires_grad} <= {
        torch.float32
    }
    if settings != {"freeze": False}:
        assert {p.dtype for p in model.parameters()} == {torch.float32}
