"""A trained run, ready to find balls, whatever does its arithmetic."""

from pathlib import Path

import torch
from attrs import frozen

from tracknet_core.config.plan import Plan
from tracknet_core.model.arithmetic import autocast_dtype
from tracknet_core.model.checkpoint import LoadedRun, load_for_prediction
from tracknet_core.model.engines.engine import Engine, Precision
from tracknet_core.model.engines.exports import Export, find_export, read_export
from tracknet_core.model.engines.onnx import open_onnx
from tracknet_core.model.engines.openvino import open_openvino
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


def make_ready(run: Path, *, engine: str | None = None, device: str = "auto") -> ReadyRun:
    """Load a run for prediction, or an export that stands in for it.

    Args:
        run: Folder of a run, of a checkpoint, or of an export.
        engine: One of ``ENGINES``; None takes torch, or for the folder of an export its own.
        device: ``cpu``, ``cuda`` (or ``cuda:1`` …), or ``auto`` for a GPU where the engine has one.

    Raises:
        UserError: There is no usable checkpoint, engine, export or device of that name.
    """
    directory = find_export(run, engine)
    if directory is not None:
        return ready_export(read_export(directory), device=device)
    chosen = choose_device(device)
    return ReadyRun.of(load_for_prediction(run), chosen)


def ready_export(export: Export, *, device: str = "auto", precision: Precision | None = None) -> ReadyRun:
    """Let its engine run an export.

    Args:
        export: The export.
        device: As in :func:`make_ready`.
        precision: For engines that have several; None takes that of prediction.

    Raises:
        UserError: The engine is not installed, or does not know the device.
    """
    engine: Engine
    if export.engine == "onnx":
        engine = open_onnx(export, device=device)
    else:
        engine = open_openvino(export, device=device, precision=precision)
    return ReadyRun(engine=engine, plan=export.plan, threshold=export.threshold, directory=export.directory)
