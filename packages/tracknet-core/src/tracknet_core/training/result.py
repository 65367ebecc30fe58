"""What a run comes to: its best model measured on clips that trained nothing."""

import json
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen
from torch import nn

from tracknet_core.atomic import replace_file
from tracknet_core.config.plan import Plan
from tracknet_core.evaluation.metrics import Measured, Metrics
from tracknet_core.evaluation.sweep import SWEEP_FILE, sweep_detections
from tracknet_core.model.checkpoint import load_for_prediction
from tracknet_core.model.heatmap_model import HeatmapModel
from tracknet_core.progress import Progress
from tracknet_core.training.checkpoint import Checkpoints
from tracknet_core.training.optimizer import parameter_groups
from tracknet_core.training.signals import Stoppable, StopRequest
from tracknet_core.training.start import Start
from tracknet_core.training.validation import Validation

FILE_NAME = "metrics.json"


@frozen(kw_only=True)
class Result:
    """A finished run.

    Attributes:
        folder: Where everything lies.
        metrics: How well its best checkpoint finds the ball.
        facts: What else ``metrics.json`` holds: parameters, memory (bytes) and speed of training.
    """

    folder: Path
    metrics: Metrics
    facts: Mapping[str, int | float]

    def to_json(self) -> dict[str, object]:
        """Return the content of ``metrics.json``."""
        return {**self.metrics.to_json(), **self.facts}


def write_result(start: Start, *, progress: Progress, stop: StopRequest) -> Result:
    """Measure the best checkpoint on the test clips, or else on validation, and write it down.

    It is loaded as a prediction loads it, adapters merged, so that what is measured is what will predict.

    Raises:
        StoppedError: Somebody asked to stop; nothing was written.
    """
    plan, state = start.plan, start.state
    checkpoints = Checkpoints(start.folder, keep=plan.training.keep_checkpoints)
    best = load_for_prediction(checkpoints.best)
    start.model.cpu()
    split, clips = ("test", start.split.test) if start.split.test else ("val", start.split.val)
    validation = Validation(plan, clips, device=start.device, progress=Stoppable(progress, stop))
    measured = validation.measure(best.model.to(start.device), split=split, threshold=best.threshold)
    trainable, total = count_parameters(start.model, plan)
    result = Result(
        folder=start.folder,
        metrics=measured.metrics,
        facts={
            "trainable_parameters": trainable,
            "total_parameters": total,
            "peak_memory_bytes": state.peak_memory_bytes,
            "frames_per_second": state.frames / max(state.seconds, 1e-9),
        },
    )
    _write_sweep(start.folder, measured.measured)
    with replace_file(start.folder / FILE_NAME) as temporary:
        temporary.write_text(json.dumps(result.to_json(), indent=2) + "\n", encoding="utf-8")
    return result


def _write_sweep(folder: Path, measured: Measured) -> None:
    metrics = measured.metrics
    if sweep := sweep_detections(measured.judgements, metrics.protocol, metrics.threshold):
        with replace_file(folder / SWEEP_FILE) as temporary:
            temporary.write_text(json.dumps(sweep.to_json()) + "\n", encoding="utf-8")


def count_parameters(model: HeatmapModel, plan: Plan) -> tuple[int, int]:
    """Count the parameters that train at some time of the run, and all of them.

    A weight packed into 4 bits counts as many as it stands for.
    """
    trained = [parameter for group in parameter_groups(model, plan) for parameter in group["params"]]
    return sum(map(_numbers, trained)), sum(map(_numbers, model.parameters()))


def _numbers(parameter: nn.Parameter) -> int:
    packed = getattr(parameter, "quant_state", None)
    return int(packed.shape.numel()) if packed is not None else parameter.numel()
