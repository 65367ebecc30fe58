"""Find balls in a few batches of frames, exactly as a prediction does."""

import time
from pathlib import Path

from attrs import frozen

from tracknet_core.data.windows import window_shape
from tracknet_core.model.arithmetic import run_device
from tracknet_core.model.checkpoint import load_for_prediction
from tracknet_core.model.detection import Detector
from tracknet_core.model.engines.engine import batch_size_on
from tracknet_core.model.engines.ready import ReadyRun
from tracknet_core.training.memory import peak_memory_bytes
from tracknet_core.training.trial.windows import random_frames


@frozen(kw_only=True)
class PredictionTrial:
    """What a few batches took.

    Attributes:
        peak_memory_bytes: As in ``TrainingTrial``, from loading the model on.
        frames_per_second: Of each pass over a batch. The first also pays for what is done once.
        batch_size: Windows in one forward.
        precision: Arithmetic of matrix multiplications: ``fp32``, ``fp16`` or ``bf16``.
    """

    peak_memory_bytes: int
    frames_per_second: tuple[float, ...]
    batch_size: int
    precision: str


def try_prediction(checkpoint: Path, *, passes: int) -> PredictionTrial:
    """Load a checkpoint as a prediction does, adapters merged, and run random frames through it.

    From frames at the size of the model's input to candidates in each; reading a video and following
    the ball are left out, since they are the same for every model.

    Args:
        checkpoint: Folder of the checkpoint.
        passes: How often a batch is run.

    Raises:
        UserError: The checkpoint or its base cannot be read.
    """
    loaded = load_for_prediction(checkpoint)
    run = ReadyRun.of(loaded, run_device(loaded.plan))
    batch_size = batch_size_on(run.engine.device)
    detector = Detector.over(run.engine, run.plan, batch_size=batch_size)
    _, stride = window_shape(run.plan.data.sequence, None)
    frames = list(random_frames(run.plan, batch_size * run.engine.frames * stride))
    speeds = []
    for _ in range(passes):
        started = time.perf_counter()
        found = sum(1 for _ in detector.detect((frame, False) for frame in frames))
        speeds.append(found / (time.perf_counter() - started))
    return PredictionTrial(
        peak_memory_bytes=peak_memory_bytes(run.engine.device),
        frames_per_second=tuple(speeds),
        batch_size=batch_size,
        precision=run.engine.precision,
    )
