"""Gradient checkpointing: activations are computed again instead of kept."""

from torch import nn

from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import UserError
from tracknet_core.model.heatmap_model import HeatmapModel
from tracknet_core.training.optimizer import unfreezes


def recompute_activations(model: HeatmapModel, plan: Plan) -> tuple[nn.Module, ...]:
    """Turn on gradient checkpointing in the backbone's pretrained submodule.

    A frozen backbone keeps no activations to begin with; it is left as it is, unless it is to be
    unfrozen.

    Returns:
        The layers that recompute.

    Raises:
        UserError: The backbone cannot.
    """
    if not (model.backbone_trains or model.adapted or unfreezes(plan, model)):
        return ()

    from transformers import PreTrainedModel
    from transformers.modeling_layers import GradientCheckpointingLayer

    networks = [module for module in model.pretrained.modules() if isinstance(module, PreTrainedModel)]
    able = [network for network in networks if network.supports_gradient_checkpointing]
    for network in able[:1]:
        network.activation_checkpointing_enable({"use_reentrant": False})
    layers = tuple(
        module
        for module in model.pretrained.modules()
        if isinstance(module, GradientCheckpointingLayer) and module.gradient_checkpointing
    )
    if not layers:
        name = type(networks[0] if networks else model.pretrained).__name__
        raise UserError(
            f"training.gradient_checkpointing: {name} does not support it. Set it to false, "
            "or lower training.micro_batch_size to save memory."
        )
    return layers
