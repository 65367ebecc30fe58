"""``merged``: a checkpoint that needs neither adapter nor quantizer nor the original base.

::

    base/                the backbone, adapter folded in: for a ViT a plain transformers checkpoint
    model.safetensors    decoder, stem, head, and layers inflated for windows of several frames
    tracknet.json        as in every checkpoint
    config.yaml          the run's, without adapter and quantizer
    parity.json          how far heatmaps and metrics are from the run's
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
from attrs import evolve

from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import UserError
from tracknet_core.exporting.parity import Form, write_parity
from tracknet_core.model.base import save_base
from tracknet_core.model.checkpoint import load_checkpoint, load_merged, write_checkpoint
from tracknet_core.progress import Progress

BASE = "base"


def export_merged(run: Path, directory: Path, progress: Progress) -> Sequence[Path]:
    """Write a run's best checkpoint with plain weights only.

    What was written is loaded again and held against the run.

    Args:
        run: Folder of a run or of a checkpoint.
        directory: An existing, empty folder.
        progress: Where notes and bars go.

    Returns:
        The files and folders written.

    Raises:
        UserError: The checkpoint cannot be loaded, or its weights cannot be made plain.
    """
    merged = load_merged(run)
    inflated: Sequence[str] = getattr(merged.model.backbone, "inflated_layers", ())
    save_base(merged.model, directory / BASE)
    write_checkpoint(
        directory,
        merged.model,
        _plain(merged.plan),
        base=directory / BASE,
        threshold=merged.threshold,
        metrics={},
        step=0,
        besides=inflated,
    )
    write_parity(directory, load_checkpoint(run), Form.of(load_checkpoint(directory)), progress)
    return sorted(directory.iterdir())


def _plain(plan: Plan) -> Plan:
    """The plan of what is left: a frozen backbone under a decoder."""
    backbone: Any = plan.backbone
    if "freeze" not in attrs.fields_dict(type(backbone)):
        raise UserError(
            f"model_name: {plan.model_name} has no key backbone.freeze, so that no run over a merged base "
            "could keep it. Predict with the run as it is."
        )
    return evolve(plan, adapter=None, quantizer=None, backbone=evolve(backbone, freeze=True))
