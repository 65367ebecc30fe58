"""The optimizer and what it treats alike."""

from collections.abc import Iterable
from typing import Any

from torch import nn
from torch.optim import SGD, AdamW, Optimizer

from tracknet_core.config.plan import Plan
from tracknet_core.config.schema import OptimizerConfig
from tracknet_core.model.heatmap_model import Group, HeatmapModel

PRETRAINED_SHARE = 0.1
"""Learning rate of pretrained weights, as a share of ``lr``, where the config names none."""

NamedParameters = Iterable[tuple[str, nn.Parameter]]


def unfreezes(plan: Plan, model: HeatmapModel) -> bool:
    """Whether ``backbone_freeze_epochs`` will unfreeze this model's backbone during the run."""
    held = model.adapted or model.quantized
    return plan.training.backbone_freeze_epochs > 0 and not model.backbone_trains and not held


def parameter_groups(model: HeatmapModel, plan: Plan) -> list[dict[str, Any]]:
    """Sort what trains, now or once the backbone is unfrozen, into the optimizer's groups.

    New parts and adapter learn at ``lr``, the backbone at ``backbone_lr``; each comes with weight
    decay for matrices and convolutions and without for all that has one dimension (biases, norms,
    scales). A backbone that is unfrozen later has its groups from the start: an optimizer passes
    over parameters without gradients, and so the state that is saved has one form all the time.
    """
    config = plan.training.optimizer
    named = _trained_over_run(model, plan)
    groups = [
        *_by_decay("new", [*named["new"], *named["adapter"]], config.lr, config),
        *_by_decay("backbone", named["backbone"], backbone_lr(config, model), config),
    ]
    return [group for group in groups if group["params"]]


def backbone_lr(config: OptimizerConfig, model: HeatmapModel) -> float:
    """Tell the peak learning rate of backbone weights: as configured, else by where they come from."""
    if config.backbone_lr is not None:
        return config.backbone_lr
    return config.lr * PRETRAINED_SHARE if model.description.weights_files else config.lr


def build_optimizer(model: HeatmapModel, plan: Plan) -> Optimizer:
    """Make the optimizer that ``training.optimizer`` describes."""
    config = plan.training.optimizer
    groups = parameter_groups(model, plan)
    if config.name == "sgd":
        return SGD(groups, lr=config.lr, momentum=config.momentum)
    return AdamW(groups, lr=config.lr, fused=True)  # in one pass, without the temporaries of a loop


def _trained_over_run(model: HeatmapModel, plan: Plan) -> dict[Group, list[tuple[str, nn.Parameter]]]:
    if not unfreezes(plan, model):
        return model.groups()
    model.unfreeze_backbone()
    try:
        return model.groups()
    finally:
        model.freeze_backbone()


def _by_decay(
    name: str, parameters: NamedParameters, lr: float, config: OptimizerConfig
) -> list[dict[str, Any]]:
    matrices: list[nn.Parameter] = []
    vectors: list[nn.Parameter] = []
    for _, parameter in parameters:
        (matrices if parameter.ndim > 1 else vectors).append(parameter)
    return [
        {"name": name, "params": matrices, "lr": lr, "weight_decay": config.weight_decay},
        {"name": f"{name} without decay", "params": vectors, "lr": lr, "weight_decay": 0.0},
    ]
