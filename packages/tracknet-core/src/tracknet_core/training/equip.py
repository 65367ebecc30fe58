"""From a model as it is to one that trains as a plan says."""

import torch
from torch import nn

from tracknet_core.config.plan import Plan
from tracknet_core.model.heatmap_model import HeatmapModel
from tracknet_core.training.memory import release_memory
from tracknet_core.training.recompute import hold_frozen, recompute_activations
from tracknet_core.training.savings import recomputes


def equip(model: HeatmapModel, plan: Plan, device: torch.device) -> tuple[nn.Module, ...]:
    """Save what memory can be saved, and have kernels made where the plan asks for them.

    Args:
        model: Assembled, or as a checkpoint holds it.
        plan: The run.
        device: Where it will train; it need not be there yet.

    Returns:
        The layers of the backbone that recompute.

    Raises:
        UserError: The config asks for gradient checkpointing, and the backbone cannot do it.
    """
    hold_frozen(model, plan, device)
    recomputing = recompute_activations(model, plan) if recomputes(plan, device.type) else ()
    if plan.training.compile:
        model.compile_parts()
    release_memory()
    return recomputing
