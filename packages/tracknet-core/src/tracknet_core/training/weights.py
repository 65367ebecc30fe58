"""``init_from``: beginning with what another run has learned."""

from pathlib import Path

from torch import Tensor

from tracknet_core.config.problems import UserError
from tracknet_core.model.base import base_fingerprint
from tracknet_core.model.checkpoint import LoadedRun, load_checkpoint
from tracknet_core.model.heatmap_model import HeatmapModel


def take_weights(model: HeatmapModel, run: Path, *, base: Path) -> None:
    """Copy what a run's best checkpoint has learned into a model.

    A model whose backbone trains takes the whole backbone too. One that keeps its base takes new
    parts and adapter, and only from a run over the same base; an adapter that the run does not have
    begins as it would without ``init_from``.

    Args:
        model: A model that nothing was trained of yet.
        run: Folder of a run or checkpoint, or the name of one that comes with a plugin.
        base: Where the model's own run keeps base weights that were random; it need not exist.

    Raises:
        UserError: There is no checkpoint, or what it holds does not fit.
    """
    loaded = load_checkpoint(run)
    if model.backbone_trains:
        theirs, ours = _everything(loaded, run), model.state_dict()
    else:
        _require_same_base(model, loaded, run, base)
        theirs = _learned(loaded.model, adapter=True)
        ours = _learned(model, adapter=loaded.model.adapted)
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
    model.load_state_dict(theirs, strict=False)


def _everything(loaded: LoadedRun, run: Path) -> dict[str, Tensor]:
    if loaded.model.adapted or loaded.model.quantized:
        raise UserError(
            f"init_from: {run} has an adapter or 4-bit weights, and this run trains the backbone itself. "
            f"Merge them first (tracknet export {run} --format merged) and start from that."
        )
    return loaded.model.state_dict()


def _require_same_base(model: HeatmapModel, loaded: LoadedRun, run: Path, base: Path) -> None:
    if loaded.own_backbone or dict(base_fingerprint(model, base)) != dict(loaded.base):
        raise UserError(
            f"init_from: {run} has other backbone weights, which this run would freeze and could not save. "
            "Set backbone.freeze: false without lora and quantization, or name its base: "
            f"tracknet export {run} --format merged writes one."
        )


def _learned(model: HeatmapModel, *, adapter: bool) -> dict[str, Tensor]:
    """New parts with their buffers, and the adapter where it is wanted."""
    inside = {name for name, _ in model.groups()["adapter"]} if adapter else set()
    return {
        name: value
        for name, value in model.state_dict().items()
        if name in inside or not name.startswith(model.pretrained_prefix)
    }
