"""``init_from``: beginning with what another run has learned."""

from pathlib import Path

import torch

from tracknet_core.config.problems import UserError
from tracknet_core.model.checkpoint import load_checkpoint
from tracknet_core.model.heatmap_model import HeatmapModel


def take_weights(model: HeatmapModel, run: Path) -> None:
    """Copy all weights of a run's best checkpoint into a model of the same form.

    Raises:
        UserError: There is no checkpoint, or it holds another model.
    """
    source = load_checkpoint(run).model
    ours, theirs = model.state_dict(), source.state_dict()
    wrong = sorted(
        name
        for name in ours.keys() | theirs.keys()
        if name not in ours or name not in theirs or ours[name].shape != theirs[name].shape
    )
    if wrong:
        raise UserError(
            f"init_from: {run} holds another model ({wrong[0]} does not fit). "
            "Use the backbone, decoder, adapter and sizes that it was trained with."
        )
    before = {name: parameter.clone() for name, parameter in _frozen_base(model).items()}
    model.load_state_dict(theirs)
    if any(not torch.equal(value, before[name]) for name, value in _frozen_base(model).items()):
        raise UserError(
            f"init_from: {run} has other backbone weights, which this run would freeze and could not save. "
            "Set backbone.freeze: false, or start from a run over the same base."
        )


def _frozen_base(model: HeatmapModel) -> dict[str, torch.Tensor]:
    return {name: p.detach() for name, p in model.pretrained.named_parameters() if not p.requires_grad}
