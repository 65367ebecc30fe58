import pytest
import torch

from tracknet_core.config.schema import OptimizerConfig
from tracknet_core.training.optimizer import build_optimizer, parameter_groups


def by_name(groups):
    return {group["name"]: group for group in groups}


def test_biases_and_norms_do_not_decay(plan, make_model):
    groups = by_name(parameter_groups(make_model(plan), plan))
    assert all(parameter.ndim > 1 for parameter in groups["new"]["params"])
    assert all(parameter.ndim <= 1 for parameter in groups["new without decay"]["params"])
    assert groups["new"]["weight_decay"] == 0.05
    assert groups["new without decay"]["weight_decay"] == 0.0


def test_every_parameter_that_trains_is_in_one_group(plan, make_model):
    model = make_model(plan)
    found = [id(parameter) for group in parameter_groups(model, plan) for parameter in group["params"]]
    assert sorted(found) == sorted(id(parameter) for parameter in model.parameters())


@pytest.mark.parametrize(
    ("backbone_lr", "files", "expected"),
    [(None, (), 1e-3), (None, ("weights",), 1e-4), (7e-6, ("weights",), 7e-6)],
)
def test_pretrained_weights_learn_slower_than_random_ones(
    training, make_model, backbone_lr, files, expected, monkeypatch
):
    plan = training(optimizer=OptimizerConfig(lr=1e-3, backbone_lr=backbone_lr))
    model = make_model(plan)
    monkeypatch.setattr(model.backbone, "weights_files", files)
    groups = by_name(parameter_groups(model, plan))
    assert groups["backbone"]["lr"] == pytest.approx(expected)
    assert groups["new"]["lr"] == 1e-3


def test_a_frozen_backbone_has_no_group(plan, make_model):
    model = make_model(plan)
    model.freeze_backbone()
    assert set(by_name(parameter_groups(model, plan))) == {"new", "new without decay"}


def test_a_backbone_to_be_unfrozen_has_its_group_from_the_start(training, make_model):
    plan = training(backbone_freeze_epochs=1)
    model = make_model(plan)
    model.freeze_backbone()
    optimizer = build_optimizer(model, plan)
    assert "backbone" in by_name(optimizer.param_groups)
    assert not model.backbone_trains
    before = {name: parameter.clone() for name, parameter in model.named_parameters()}
    model(torch.zeros(1, 1, 3, 32, 32, dtype=torch.uint8)).sum().backward()
    optimizer.step()
    changed = {name for name, p in model.named_parameters() if not torch.equal(p, before[name])}
    assert changed
    assert not any(name.startswith("backbone.") for name in changed)


@pytest.mark.parametrize("holder", ["adapted", "quantized"])
def test_under_an_adapter_or_quantizer_the_base_never_gets_a_group(training, make_model, holder):
    plan = training(backbone_freeze_epochs=1)
    model = make_model(plan)
    model.freeze_backbone()
    setattr(model, holder, True)
    assert "backbone" not in by_name(parameter_groups(model, plan))


def test_sgd_takes_its_momentum(training, make_model):
    plan = training(optimizer=OptimizerConfig(name="sgd", momentum=0.8, weight_decay=0.1))
    optimizer = build_optimizer(make_model(plan), plan)
    assert isinstance(optimizer, torch.optim.SGD)
    assert optimizer.param_groups[0]["momentum"] == 0.8
    assert optimizer.param_groups[0]["weight_decay"] == 0.1
