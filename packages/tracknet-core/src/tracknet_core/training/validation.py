"""Measuring the model between epochs and at the end."""

from collections.abc import Sequence

import torch
from attrs import frozen

from tracknet_core.config.plan import Plan
from tracknet_core.data.clips import Clip
from tracknet_core.data.reader import FrameReader
from tracknet_core.evaluation.evaluate import choose_threshold, evaluate
from tracknet_core.evaluation.metrics import Measured, Metrics
from tracknet_core.evaluation.protocols import protocol_named
from tracknet_core.model.detection import Detector, detect_clips
from tracknet_core.model.engines.engine import batch_size_on
from tracknet_core.model.heatmap_model import HeatmapModel
from tracknet_core.progress import Progress
from tracknet_core.training.memory import MicroBatches
from tracknet_core.training.validation_loss import validation_loss

UNDECIDED = 0.5
"""Threshold of a checkpoint written before the first validation."""


@frozen(kw_only=True)
class Validated:
    """What a validation found.

    Attributes:
        threshold: Smallest score that counts as a ball.
        measured: The clips, judged at that threshold, and the protocol's figures.
        loss: Mean loss over the windows, where it was asked for.
    """

    threshold: float
    measured: Measured
    loss: float | None

    @property
    def metrics(self) -> Metrics:
        """The protocol's figures."""
        return self.measured.metrics

    @property
    def figures(self) -> dict[str, float | None]:
        """The columns of ``history.csv``."""
        metrics = self.metrics
        return {
            "val_loss": self.loss,
            "f1": metrics.f1,
            "precision": metrics.precision,
            "recall": metrics.recall,
            "accuracy": metrics.accuracy,
            "ap": metrics.ap,
            "rmse_px": metrics.rmse_px,
            "threshold": self.threshold,
        }

    def figure(self, monitor: str) -> float | None:
        """Return the figure that early stopping monitors."""
        return self.figures["val_loss" if monitor == "loss" else monitor]


def initial_threshold(plan: Plan) -> float:
    """Tell the threshold before any was chosen."""
    asked = plan.evaluation.threshold
    return UNDECIDED if asked == "auto" else asked


class Validation:
    """Measures one model again and again on the same clips.

    Random numbers are left as they were, so that training goes on as if it had not been
    interrupted. As many windows go through the model at once as in a prediction, fewer where memory
    runs out.

    Args:
        plan: The run.
        clips: What to measure on.
        device: Where the model is.
        progress: Where lines and bars go.
    """

    def __init__(
        self,
        plan: Plan,
        clips: Sequence[Clip],
        *,
        device: torch.device,
        progress: Progress,
    ) -> None:
        self._plan = plan
        self._clips = clips
        self._reader = FrameReader(clips, plan.data)
        self._device = device
        self._micro_batches = MicroBatches(plan.training, progress.say, size=batch_size_on(device))
        self._progress = progress

    def measure(self, model: HeatmapModel, *, split: str, threshold: float | None = None) -> Validated:
        """Detect, choose the threshold unless one is given, and count.

        Args:
            model: What to measure; its mode is restored afterwards.
            split: Which clips these are, for the record.
            threshold: Smallest score of a ball; None takes the configured one, or for ``auto``
                that of best F1 on these clips.
        """
        plan, was_training = self._plan, model.training
        protocol = protocol_named(plan.evaluation.protocol)
        devices = [self._device] if self._device.type == "cuda" else []
        try:
            with torch.random.fork_rng(devices), torch.inference_mode():
                model.eval()
                detections = self._micro_batches.run(
                    lambda size: detect_clips(
                        Detector.of(model, plan, device=self._device, batch_size=size),
                        self._clips,
                        self._reader,
                        progress=self._progress,
                    ),
                    undo=lambda: None,
                )
                loss = self._loss(model) if plan.training.early_stopping.monitor == "loss" else None
        finally:
            model.train(was_training)
        if threshold is None and plan.evaluation.threshold != "auto":
            threshold = plan.evaluation.threshold
        if threshold is None:
            threshold = choose_threshold(detections, self._clips, protocol)
        measured = evaluate(
            detections,
            self._clips,
            protocol=protocol,
            threshold=threshold,
            tracking=plan.tracking,
            split=split,
        )
        return Validated(threshold=threshold, measured=measured, loss=loss)

    def _loss(self, model: HeatmapModel) -> float:
        return self._micro_batches.run(
            lambda size: validation_loss(
                model, self._clips, self._plan, batch_size=size, device=self._device
            ),
            undo=lambda: None,
        )
