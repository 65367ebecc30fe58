"""Gradient checkpointing on a ViT."""

from pathlib import Path

import pytest
import torch

from tracknet_core.config.problems import UserError
from tracknet_core.config.resolve import load_plan
from tracknet_core.model.assembly import assemble
from tracknet_core.training.recompute import recompute_activations

CONFIG = """
model_name: vit_heatmap
backbone:
  pretrained: false
  freeze: {freeze}
  config: {{hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 48}}
decoder: {{channels: [32, 16, 8], upsample: [2, 2], detail_channels: 0}}
heatmap: {{size: [16, 16]}}
data: {{preprocess: {{resize: [64, 64]}}}}
training: {{gradient_checkpointing: true, backbone_freeze_epochs: {unfreeze}}}
"""


@pytest.fixture
def plan_and_model(tmp_path: Path):
    def make(*, freeze: bool = False, unfreeze: int = 0):
        file = tmp_path / "config.yaml"
        file.write_text(CONFIG.format(freeze=str(freeze).lower(), unfreeze=unfreeze))
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
