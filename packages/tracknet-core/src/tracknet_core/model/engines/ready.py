"""A trained run, ready to find balls, whatever does its arithmetic."""

from pathlib import Path

import torch
from attrs import frozen

from tracknet_core.config.plan import Plan
from tracknet_core.model.arithmetic import autocast_dtype
from tracknet_core.model.checkpoint import LoadedRun, load_for_prediction
from tracknet_core.model.engines.engine import Engine
from tracknet_core.model.engines.pytorch import TorchEngine, choose_device


@frozen(kw_only=True, eq=False)
class ReadyRun:
    """A trained run and what runs it.

    Attributes:
        engine: What runs the model.
        plan: What it was trained by.
        threshold: Smallest score that counts as a ball, chosen on validation.
        directory: The checkpoint or the export that it was read from.
    """

    engine: Engine
    plan: Plan
    threshold: float
    directory: Path

    @classmethod
    def of(cls, loaded: LoadedRun, device: torch.device) -> "ReadyRun":
        """Let torch run a loaded run's model as it is; the model moves to the device."""
        autocast = autocast_dtype(loaded.plan.training.precision, device)
        return cls(
            engine=TorchEngine(model=loaded.model.to(device), device=device, autocast=autocast),
            plan=loaded.plan,
            threshold=loaded.threshold,
            directory=loaded.directory,
        )


def make_ready(run: Path, *, device: str = "auto") -> ReadyRun:
    """Load a run for prediction.

    Args:
        run: Folder of a run or of a checkpoint.
        device: ``cpu``, ``cuda`` (or ``cuda:1`` …), or ``auto`` for a GPU where there is one.

    Raises:
        UserError: There is no usable checkpoint, or no such device.
    """
    chosen = choose_device(device)
    return ReadyRun.of(load_for_prediction(run), chosen)
