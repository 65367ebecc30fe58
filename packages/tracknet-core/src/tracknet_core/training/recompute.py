"""Less memory for the same numbers: activations computed again, frozen weights kept as they are used."""

import torch
from torch import nn

from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import UserError
from tracknet_core.model.arithmetic import autocast_dtype
from tracknet_core.model.base import let_go_of_files, page_out_tensor
from tracknet_core.model.heatmap_model import HeatmapModel
from tracknet_core.training.optimizer import unfreezes


def recompute_activations(model: HeatmapModel, plan: Plan) -> tuple[nn.Module, ...]:
    """Turn on gradient checkpointing in the backbone's pretrained submodule, the decoder and the stem.

    A frozen backbone keeps no activations to begin with; it is left as it is, unless it is to be
    unfrozen. A decoder with BatchNorm would count its statistics twice, and is left as it is too.

    Returns:
        The layers of the backbone that recompute.

    Raises:
        UserError: The config asks for it, and the backbone cannot.
    """
    model.recomputes = plan.decoder.norm == "gn"
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
    if not layers and plan.training.gradient_checkpointing:
        name = type(networks[0] if networks else model.pretrained).__name__
        raise UserError(
            f"training.gradient_checkpointing: {name} does not support it. Set it to false, "
            "or lower training.micro_batch_size to save memory."
        )
    return layers


def hold_frozen(model: HeatmapModel, plan: Plan, device: torch.device) -> None:
    """Keep frozen matrices in the type that they are multiplied in: half the memory, the same numbers.

    Under autocast a float32 weight is rounded to ``training.precision`` in every forward; one that
    never trains can be rounded once. Only linear layers are: by the type of its first convolution a
    transformers model decides how finely it computes positions.
    """
    dtype = autocast_dtype(plan.training.precision, device)
    if dtype is None or model.backbone_trains or unfreezes(plan, model):
        return
    for layer in model.pretrained.modules():
        if type(layer) is nn.Linear and not layer.weight.requires_grad:
            read = layer.weight.detach()
            layer.to(dtype)
            page_out_tensor(read)
    let_go_of_files(model.pretrained)
